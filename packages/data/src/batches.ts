import { randomStream, ValueError, type RandomStream } from '@tessera-nn/core';
import type { Batch, Gathering } from './dataset.js';

/** How a dataset is cut into batches. */
export interface BatchesOptions {
  /** Samples per batch. */
  batchSize: number;
  /** Draw a new order of all samples; default true. */
  shuffle?: boolean;
  /** Where the order is drawn from; default the shared stream, which `seed(n)` starts anew. */
  stream?: RandomStream;
  /** Leave out a short last batch; default false. */
  dropLast?: boolean;
}

/**
 * Walks once over all samples of a dataset, or of what else gathers them, in batches of shape `[batchSize, ...sampleShape]`, the last one maybe shorter.
 *
 * The order is drawn when it is called, over single samples: they move between batches from epoch to epoch. (PuzzleLib
 * permutes whole batches only.)
 *
 * ```ts
 * const digits = syntheticDigits({ count: 100 });
 * for (const { shape } of batches(digits, { batchSize: 64 })) console.log(shape); // [64, 1, 28, 28], [36, 1, 28, 28]
 * ```
 *
 * @throws ValueError when the batch size is not a whole number of at least 1, or dropLast would leave nothing.
 */
export function batches<Gathered = Batch>(
  dataset: Gathering<Gathered>,
  { batchSize, shuffle = true, stream = randomStream(), dropLast = false }: BatchesOptions,
): Generator<Gathered, void, undefined> {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ValueError('batchSize cannot be used', {
      expected: 'a whole number of at least 1',
      received: String(batchSize),
    });
  }
  if (dropLast && batchSize > dataset.length) {
    throw new ValueError(`dropLast would leave nothing of ${dataset.length} samples`, {
      expected: `a batchSize of at most ${dataset.length}`,
      received: String(batchSize),
      hint: 'Make the batches smaller or keep the last one',
    });
  }
  const order = shuffle
    ? stream.permutation(dataset.length)
    : Uint32Array.from({ length: dataset.length }, (_, i) => i);
  return cut(dataset, dropLast ? order.subarray(0, order.length - (order.length % batchSize)) : order, batchSize);
}

function* cut<Gathered>(
  dataset: Gathering<Gathered>,
  order: Uint32Array,
  batchSize: number,
): Generator<Gathered, void, undefined> {
  for (let from = 0; from < order.length; from += batchSize)
    yield dataset.gather(order.subarray(from, from + batchSize));
}
