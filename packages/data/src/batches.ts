import { option, optionsOf, randomStream, ValueError, type Given, type RandomStream } from '@tessera-nn/core';
import type { Batch, Gathering } from './dataset.js';

const batchesOptions = optionsOf('batches', {
  /** Samples per batch. */
  batchSize: option.count,
  /** Draw a new order of all samples; default true. */
  shuffle: option.flag.or(true),
  /** Where the order is drawn from; default the shared stream, which `seed(n)` starts anew. */
  stream: option.objectWith<RandomStream>('a random stream', 'permutation').optional,
  /** Leave out a short last batch; default false. */
  dropLast: option.flag.or(false),
});
/** How a dataset is cut into batches. */
export type BatchesOptions = Given<typeof batchesOptions>;

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
 * @throws ValueError for options that do not fit, or when dropLast would leave nothing.
 */
export function batches<Gathered = Batch>(
  dataset: Gathering<Gathered>,
  options: BatchesOptions,
): Generator<Gathered, void, undefined> {
  const { batchSize, shuffle, stream = randomStream(), dropLast } = batchesOptions.read(options);
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
