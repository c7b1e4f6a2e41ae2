import { DataError, option, optionsOf, type Given } from '@tessera-nn/core';
import { files } from '#files';
import { ArrayDataset } from './array-dataset.js';
import { gunzip } from './gunzip.js';
import { untar } from './untar.js';

const SIDE = 32;
const PIXELS = 3 * SIDE * SIDE;
/** The brightest value of a file. */
const WHITE = 255;

const folderOption = {
  /** Where the files or the archive lie: a path in Node, a base URL in browsers. */
  folder: option.text,
  /** Stops loading; the promise then rejects with the signal's reason. */
  signal: option.abortSignal.optional,
};

const cifar10Options = optionsOf('loadCifar10', folderOption);
/** Where `loadCifar10` finds CIFAR-10. */
export type Cifar10Options = Given<typeof cifar10Options>;

const cifar100Options = optionsOf('loadCifar100', {
  ...folderOption,
  /** Which labels: of the 100 classes (`fine`), or of their 20 kinds (`coarse`). Default `fine`. */
  labels: option.oneOf('fine', 'coarse').or('fine'),
});
/** Where `loadCifar100` finds CIFAR-100. */
export type Cifar100Options = Given<typeof cifar100Options>;

/** How a variant is laid out: each image has some bytes of labels before its pixels. */
interface Variant {
  name: string;
  archive: string;
  train: readonly string[];
  test: readonly string[];
  labelBytes: number;
  labelAt: number;
  classes: number;
}

/**
 * Loads CIFAR-10, 50,000 and 10,000 colour pictures of ten things (A. Krizhevsky, 2009), in its binary form: a folder with
 * `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, or with `cifar-10-binary.tar.gz`, packed or not.
 *
 * Shapes: data `[n, 3, 32, 32]` in [0, 1]; labels 0 to 9. (PuzzleLib reads the archive of Python pickles, scales to [-1, 1]
 * and has the test images in between.)
 *
 * ```ts
 * const { train, test } = await loadCifar10({ folder: 'data/cifar' });
 * ```
 *
 * @throws DataError when files are missing or do not hold such images; ValueError for options that do not fit.
 */
export function loadCifar10(given: Cifar10Options): Promise<{ train: ArrayDataset; test: ArrayDataset }> {
  return load(cifar10Options.read(given), {
    name: 'CIFAR-10',
    archive: 'cifar-10-binary.tar',
    train: [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`),
    test: ['test_batch.bin'],
    labelBytes: 1,
    labelAt: 0,
    classes: 10,
  });
}

/**
 * Loads CIFAR-100, 50,000 and 10,000 colour pictures of a hundred things of twenty kinds, in its binary form: a folder with
 * `train.bin` and `test.bin`, or with `cifar-100-binary.tar.gz`, packed or not. In all else as `loadCifar10`.
 */
export function loadCifar100(given: Cifar100Options): Promise<{ train: ArrayDataset; test: ArrayDataset }> {
  const { labels, ...options } = cifar100Options.read(given);
  return load(options, {
    name: 'CIFAR-100',
    archive: 'cifar-100-binary.tar',
    train: ['train.bin'],
    test: ['test.bin'],
    labelBytes: 2,
    labelAt: labels === 'coarse' ? 0 : 1,
    classes: labels === 'coarse' ? 20 : 100,
  });
}

async function load({ folder, signal }: { folder: string; signal?: AbortSignal | undefined }, variant: Variant) {
  const read = await sourceOf(folder, variant, signal);
  const dataset = async (names: readonly string[]) => {
    const parts: Uint8Array[] = [];
    for (const name of names) parts.push(await read(name)); // one after the other: each is 30 MB
    return toDataset(
      parts,
      names.map((name) => files.join(folder, name)),
      variant,
    );
  };
  return { train: await dataset(variant.train), test: await dataset(variant.test) };
}

/** Reads by name, from the folder or from the archive in it. */
async function sourceOf(folder: string, variant: Variant, signal: AbortSignal | undefined) {
  const archive = await archiveIn(folder, variant, signal);
  return async (name: string): Promise<Uint8Array> => {
    const inArchive = archive && [...archive].find(([path]) => path.split('/').at(-1) === name)?.[1];
    const bytes = inArchive ?? (await files.read(folder, name, signal));
    if (bytes) return bytes;
    throw new DataError(`There is no ${name} of ${variant.name} in ${folder}`, {
      path: files.join(folder, name),
      expected: `${[...variant.train, ...variant.test].join(', ')}, or ${variant.archive}.gz`,
      received: archive ? `an archive of ${[...archive.keys()].join(', ')}` : 'neither',
      hint: 'Get the binary version from https://www.cs.toronto.edu/~kriz/cifar.html',
    });
  };
}

async function archiveIn(folder: string, { archive, test }: Variant, signal: AbortSignal | undefined) {
  if (await files.read(folder, test[0]!, signal)) return undefined;
  for (const name of [`${archive}.gz`, archive]) {
    const packed = await files.read(folder, name, signal);
    if (!packed) continue;
    const source = files.join(folder, name);
    return untar(await gunzip(packed, source), source);
  }
  return undefined;
}

function toDataset(parts: readonly Uint8Array[], names: readonly string[], variant: Variant): ArrayDataset {
  const { labelBytes, labelAt, classes, name } = variant;
  const row = labelBytes + PIXELS;
  parts.forEach((bytes, i) => {
    if (bytes.length > 0 && bytes.length % row === 0) return;
    throw new DataError(`${names[i]} does not hold images of ${name}`, {
      path: names[i]!,
      expected: `a multiple of ${row} bytes`,
      received: String(bytes.length),
      hint: 'Get the file again, in its binary version',
    });
  });
  const count = parts.reduce((sum, { length }) => sum + length / row, 0);
  const [data, labels] = [new Float32Array(count * PIXELS), new Int32Array(count)];
  let at = 0;
  parts.forEach((bytes, part) => {
    for (let from = 0; from < bytes.length; from += row, at++) {
      labels[at] = bytes[from + labelAt]!;
      if (labels[at]! >= classes) {
        throw new DataError(`${names[part]} has a label that ${name} has not`, {
          path: names[part]!,
          expected: `0 to ${classes - 1}`,
          received: `${labels[at]} of image ${from / row}`,
        });
      }
      for (let i = 0; i < PIXELS; i++) data[at * PIXELS + i] = bytes[from + labelBytes + i]! / WHITE;
    }
  });
  return new ArrayDataset({ data, shape: [count, 3, SIDE, SIDE], labels, checkFinite: false });
}
