import { checkedPairs } from '../tensors/stored-tensor.js';
import { plainBytes } from '@tessera-nn/core/internal';
import { DataError, option, optionsOf, type Given } from '@tessera-nn/core';
import type { StoredTensor, TensorSource } from '../tensors/stored-tensor.js';
import { readZip } from '../zip/read-zip.js';
import { writeZip } from '../zip/write-zip.js';
import { readNpy, writeNpy } from './npy.js';

const DEFAULT_LIMIT = 2 ** 30;

const readNpzOptions = optionsOf('readNpz', {
  /** What errors call the file. */
  source: option.text.or('The npz file'),
  /** Give up before more bytes than this are unpacked. Default 1 GiB; a packed file can grow a thousandfold. */
  limit: option.numberBetween(0, Infinity).or(DEFAULT_LIMIT),
});
/** How `readNpz` goes. */
export type ReadNpzOptions = Given<typeof readNpzOptions>;

const writeNpzOptions = optionsOf('writeNpz', {
  /** Whether values are packed. Default false. */
  compress: option.flag.or(false),
});
/** How `writeNpz` goes. */
export type WriteNpzOptions = Given<typeof writeNpzOptions>;

const ENDING = '.npy';

/**
 * Reads the arrays of an npz file, by name, as `numpy.savez` and `numpy.savez_compressed` write it.
 *
 * @throws DataError when it is not an npz file, is cut off or damaged, holds something else than arrays of numbers, or unpacks
 *   to more than `limit` bytes.
 */
export async function readNpz(file: Uint8Array, options: ReadNpzOptions = {}): Promise<Map<string, StoredTensor>> {
  const bytes = plainBytes(file, 'readNpz');
  const { source, limit } = readNpzOptions.read(options);
  const refuse = (problem: string): never => {
    throw new DataError(`${source} is not a sound npz file: ${problem}`, {
      path: source,
      received: `${bytes.length} bytes`,
    });
  };
  const entries = readZip(bytes, refuse);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > limit) {
    throw new DataError(`${source} unpacks to more than it may`, {
      path: source,
      expected: `at most ${limit} bytes`,
      received: `${total} bytes`,
      hint: 'Pass a higher limit if you trust the file',
    });
  }
  const tensors = new Map<string, StoredTensor>();
  for (const entry of entries) {
    if (!entry.name.endsWith(ENDING)) return refuse(`"${entry.name}" is not an array`);
    tensors.set(entry.name.slice(0, -ENDING.length), readNpy(await entry.bytes(), `"${entry.name}" in ${source}`));
  }
  return tensors;
}

/**
 * Writes arrays to an npz file, as `numpy.savez` does, or with `compress` as `numpy.savez_compressed`. Uncompressed, the
 * same arrays in the same order give the same bytes.
 *
 * @throws DtypeError for bfloat16, ShapeError when values do not fit their shape.
 */
export async function writeNpz(
  tensors: Iterable<readonly [string, TensorSource]>,
  options: WriteNpzOptions = {},
): Promise<Uint8Array> {
  const { compress } = writeNpzOptions.read(options);
  const files = Array.from(
    checkedPairs(tensors, 'writeNpz'),
    ([name, tensor]) => [name + ENDING, writeNpy(tensor)] as const,
  );
  return writeZip(files, { compress });
}
