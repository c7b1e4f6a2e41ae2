import { checkFunction } from '@tessera-nn/core/internal';
import type { Dataset } from '../dataset.js';
import { checkDataset } from '../given.js';
import { labelsOf } from './labels-of.js';
import { subset } from './subset.js';

/**
 * The samples whose label and number a function says yes to; nothing is copied.
 *
 * @example
 * const small = filterSamples(digits.train, (label) => label < 3);
 * @throws DataError where none is left, and for what is not a dataset.
 */
export function filterSamples(dataset: Dataset, keeps: (label: number, index: number) => boolean): Dataset {
  checkDataset(dataset, 'filterSamples');
  checkFunction(keeps, 'filterSamples');
  const chosen: number[] = [];
  labelsOf(dataset).forEach((label, index) => keeps(label, index) && chosen.push(index));
  return subset(dataset, chosen);
}
