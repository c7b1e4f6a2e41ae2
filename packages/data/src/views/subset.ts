import { checkList } from '@tessera-nn/core/internal';
import { DataError, ValueError } from '@tessera-nn/core';
import { streamsOf, type Batch, type Dataset } from '../dataset.js';
import { checkDataset } from '../given.js';

/**
 * Some samples of a dataset, in an order of their own; nothing is copied.
 *
 * @example
 * const [first] = batches(subset(digits.train, [3, 1]), { batchSize: 2, shuffle: false }); // samples 3 and 1
 * @throws ValueError for a number that no sample has; DataError for no numbers at all, and for what is not a
 * dataset.
 */
export function subset(dataset: Dataset, indices: Iterable<number>): Dataset {
  checkDataset(dataset, 'subset');
  checkList(indices, 'subset', 'the numbers of samples');
  const chosen = Uint32Array.from(indices, (index: number) => {
    if (Number.isInteger(index) && index >= 0 && index < dataset.length) return index;
    throw new ValueError(`subset: ${index} names no sample of the dataset`, {
      path: 'subset',
      expected: `a whole number from 0 to ${dataset.length - 1}`,
      received: String(index),
    });
  });
  if (chosen.length === 0) throw new DataError('subset: no samples are left', { expected: 'at least one' });
  return {
    length: chosen.length,
    sampleShape: dataset.sampleShape,
    ...streamsOf([dataset]),
    gather: (own) => numbered(dataset.gather(Uint32Array.from(own, (i) => placeOf(i, chosen))), own),
  };
}

/** The same batch, with the numbers that its samples have in a view. */
export const numbered = (batch: Batch, own: ArrayLike<number>): Batch => ({ ...batch, indices: Uint32Array.from(own) });

function placeOf(index: number, chosen: Uint32Array): number {
  const place = chosen[index];
  if (place !== undefined) return place;
  throw new ValueError(`${index} names no sample of the dataset`, {
    expected: `a whole number from 0 to ${chosen.length - 1}`,
    received: String(index),
  });
}
