// What functions on datasets look at first: a value of another kind is refused by name, before something in it is missed.
import { DataError, ValueError } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import type { Dataset } from './dataset.js';

/** @throws DataError for what is not a dataset. */
export function checkDataset(value: unknown, who: string): asserts value is Dataset {
  if (typeof value === 'object' && value !== null) {
    const { length, sampleShape, gather } = value as Partial<Record<keyof Dataset, unknown>>;
    if (typeof length === 'number' && Array.isArray(sampleShape) && typeof gather === 'function') return;
  }
  throw new DataError(`${who} takes a dataset`, {
    path: who,
    expected: 'an object with length, sampleShape and gather()',
    received: shownValue(value),
  });
}

/** @throws ValueError for what is neither an array nor looks like one; what its entries are is not looked at. */
export function checkArray(value: unknown, who: string, what: string): asserts value is ArrayLike<unknown> {
  if (typeof value === 'object' && value !== null && typeof (value as { length?: unknown }).length === 'number') return;
  throw new ValueError(`${who} takes ${what}`, {
    path: who,
    expected: 'an array, or a typed array',
    received: shownValue(value),
  });
}
