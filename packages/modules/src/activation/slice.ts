import { ValueError } from '@tessera-nn/core';

/** A Python slice over the flat index, in logical order. Negative bounds count from the end. */
export interface FlatSlice {
  start?: number;
  stop?: number;
  step?: number;
}

/** Which of `size` elements a slice picks, one byte each. @throws ValueError for a step below 1. */
export function sliceMask(size: number, { start = 0, stop = size, step = 1 }: FlatSlice): Uint8Array {
  if (![start, stop, step].every(Number.isInteger) || step < 1) {
    throw new ValueError('A slice has whole bounds and a step from 1', {
      path: 'slc',
      expected: '{ start, stop, step }',
      received: JSON.stringify({ start, stop, step }),
    });
  }
  const bound = (at: number) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
  const mask = new Uint8Array(size);
  for (let i = bound(start); i < bound(stop); i += step) mask[i] = 1;
  return mask;
}
