import { DataError, DtypeError } from '@tessera-nn/core';
import type { NumberType } from '../tensors/number-types.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { partsOf, writingTimes } from './read-hdf5.js';

/** What is written: datasets of numbers by path, texts in the root, and groups that are there though they may be empty. */
export interface Hdf5Content {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly texts?: ReadonlyMap<string, string>;
  readonly groups?: Iterable<string>;
}

/** h5wasm's codes, those of Python's struct. */
const codes: Partial<Record<NumberType, string>> = {
  ...{ bool: '<B', uint8: '<B', int8: '<b', int16: '<h', uint16: '<H', int32: '<i', uint32: '<I' },
  ...{ int64: '<q', uint64: '<Q', float32: '<f', float64: '<d' },
};

let files = 0;

/**
 * Writes an HDF5 file for the oldest libraries, as PuzzleLib does; the same content is the same bytes at any time. h5wasm, 5.6 MB of it, is loaded on the first call.
 */
export async function writeHdf5(
  { tensors, texts = new Map(), groups = [] }: Hdf5Content,
  compress: 'gzip' | null,
): Promise<Uint8Array> {
  const { File, ready } = await import('h5wasm');
  const { FS } = await ready;
  const path = `/tessera-${files++}.h5`;
  try {
    const file = new File(path, 'w', { libver: ['earliest', 'latest'] });
    try {
      for (const group of groupsFor(tensors.keys(), groups)) file.create_group(group);
      for (const [name, tensor] of tensors) file.create_dataset(datasetOf(name, tensor, compress));
      for (const [name, text] of texts) file.create_dataset({ name, data: text, shape: [], dtype: 'S' });
    } finally {
      file.close();
    }
    const bytes = FS.readFile(path);
    for (const seconds of writingTimes(bytes)) seconds.fill(0);
    return bytes;
  } catch (cause) {
    if (cause instanceof DtypeError) throw cause;
    throw new DataError('The HDF5 file cannot be written', { received: String(cause), cause });
  } finally {
    if (FS.analyzePath(path, false).exists) FS.unlink(path);
  }
}

/** Every group that is asked for or has something in it, outer ones first. */
function groupsFor(paths: Iterable<string>, asked: Iterable<string>): Set<string> {
  const groups = [...[...asked].map(partsOf), ...[...paths].map((path) => partsOf(path).slice(0, -1))];
  return new Set(groups.flatMap((parts) => parts.map((_, i) => parts.slice(0, i + 1).join('/'))));
}

function datasetOf(name: string, { dtype, shape, values }: StoredTensor, compress: 'gzip' | null) {
  const code = codes[dtype];
  if (!code) throw new DtypeError(`"${name}" is ${dtype}, which is not written to HDF5`, { path: name });
  // Single values and empty tensors do not lie in chunks.
  const packed = compress && shape.length > 0 && values.length > 0 ? { chunks: [...shape], compression: compress } : {};
  return { name, data: values as Float32Array, shape: [...shape], dtype: code, ...packed };
}
