import { option, optionsOf, type Given } from '@tessera-nn/core';

/** A Python slice over the flat index, in logical order. Negative bounds count from the end. */
const slice = optionsOf('A slice', {
  start: option.whole.or(0),
  /** Default: the end. */
  stop: option.whole.optional,
  step: option.count.or(1),
});
export type FlatSlice = Given<typeof slice>;

/** Which of `size` elements a slice picks, one byte each. @throws ValueError for a step below 1. */
export function sliceMask(size: number, given: FlatSlice): Uint8Array {
  const { start, stop = size, step } = slice.read(given);
  const bound = (at: number) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
  const mask = new Uint8Array(size);
  for (let i = bound(start); i < bound(stop); i += step) mask[i] = 1;
  return mask;
}
