import { option, optionsOf, randomStream, ValueError, type Given, type RandomStream } from '@tessera-nn/core';
import { checkNumbers } from '@tessera-nn/core/internal';
import type { Dataset } from '../dataset.js';
import { checkDataset } from '../given.js';
import { labelsOf } from './labels-of.js';
import { subset } from './subset.js';

const options = optionsOf('splitDataset', {
  /** Deals out each class for itself, so that all parts have its share of it. Default false. */
  stratified: option.flag.or(false),
  /** Where the order is drawn from; default the shared stream, which `seed(n)` starts anew. */
  stream: option.objectWith<RandomStream>('a random stream', 'permutation').optional,
});
/** How a dataset is dealt out. */
export type SplitDatasetOptions = Given<typeof options>;

/** What rounding may leave of a sum of 1. */
const ROUNDING = 1e-9;

/**
 * Deals the samples at random into parts of given shares, each rounded to whole samples; nothing is copied. Shares that add
 * up to less than 1 leave samples out.
 *
 * @example
 * const [train, validation] = splitDataset(digits.train, [0.75, 0.25]);
 * @throws ValueError for shares that are not above 0, or are more than all; DataError where a part would be empty.
 */
export function splitDataset(dataset: Dataset, shares: readonly number[], given: SplitDatasetOptions = {}): Dataset[] {
  checkDataset(dataset, 'splitDataset');
  const { stratified, stream = randomStream() } = options.read(given);
  checkNumbers(shares, 'splitDataset', 'a list of shares');
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!(total <= 1 + ROUNDING) || shares.length === 0 || shares.some((share) => !(share > 0))) {
    throw new ValueError('splitDataset: these shares cannot be', {
      path: 'splitDataset',
      expected: 'numbers above 0 that add up to 1 or less',
      received: `[${shares.join(', ')}]`,
    });
  }
  const parts = shares.map((): number[] => []);
  const order = stream.permutation(dataset.length);
  for (const group of stratified ? byClass(order, labelsOf(dataset)) : [order]) {
    let share = 0;
    shares.forEach((part, i) => {
      const from = Math.round(share * group.length);
      share += part;
      parts[i]!.push(...group.slice(from, Math.round(share * group.length)));
    });
  }
  return parts.map((indices) => subset(dataset, indices));
}

function byClass(order: Uint32Array, labels: Int32Array): number[][] {
  const groups = new Map<number, number[]>();
  for (const index of order) {
    const label = labels[index]!;
    if (!groups.has(label)) groups.set(label, []);
    groups.get(label)!.push(index);
  }
  return [...groups.values()];
}
