import { option, optionsOf, randomStream, ValueError, type Given, type RandomStream } from '@tessera-nn/core';
import { streamsOf, type Dataset } from '../dataset.js';
import { checkArray, checkDataset } from '../given.js';
import { numbered } from './subset.js';

const options = optionsOf('weightedSamples', {
  /** How many samples an epoch has. Default: as many as the dataset. */
  count: option.count.optional,
  /** Where samples are drawn from; default the shared stream, which `seed(n)` starts anew. */
  stream: option.objectWith<RandomStream>('a random stream', 'uniform').optional,
});
/** How samples are drawn. */
export type WeightedSamplesOptions = Given<typeof options>;

/**
 * A dataset whose batches are drawn anew, with replacement: each sample as often as its weight says, whatever numbers are
 * asked for. Source: PyTorch's `WeightedRandomSampler`.
 *
 * @example
 * const balanced = weightedSamples(digits.train, balancedWeights(digits.train.labels)); // all classes equally often
 * @throws ValueError unless there is a weight from 0 for each sample, and one of them is above it; DataError for what is
 * not a dataset.
 */
export function weightedSamples(
  dataset: Dataset,
  weights: ArrayLike<number>,
  given: WeightedSamplesOptions = {},
): Dataset {
  checkDataset(dataset, 'weightedSamples');
  checkArray(weights, 'weightedSamples', 'a dataset and the weights of its samples');
  const { count = dataset.length, stream } = options.read(given);
  const sums = new Float64Array(dataset.length);
  let total = 0;
  for (let i = 0; i < sums.length; i++) sums[i] = total += weights[i]!;
  const fits = weights.length === sums.length && Array.from(weights).every((weight) => weight >= 0);
  if (!fits || !(total > 0 && total < Infinity)) {
    throw new ValueError('weightedSamples: these are not the weights of the samples', {
      path: 'weightedSamples',
      expected: `${dataset.length} finite numbers from 0, one of them above`,
      received: `${weights.length} that add up to ${total}`,
    });
  }
  return {
    length: count,
    sampleShape: dataset.sampleShape,
    ...streamsOf([dataset], stream),
    gather(indices) {
      const source = stream ?? randomStream();
      return numbered(
        dataset.gather(Uint32Array.from(indices, () => placeOf(source.uniform(0, total), sums))),
        indices,
      );
    },
  };
}

/**
 * A weight for each sample, 1 over how many have its label: with them all classes are drawn equally often.
 *
 * @throws ValueError for what is not an array.
 */
export function balancedWeights(labels: ArrayLike<number>): Float64Array {
  checkArray(labels, 'balancedWeights', 'the labels of samples');
  const counts = new Map<number, number>();
  for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Float64Array.from(labels, (label) => 1 / counts.get(label)!);
}

/** The first place whose sum is above a number. */
function placeOf(number: number, sums: Float64Array): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle]! > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
