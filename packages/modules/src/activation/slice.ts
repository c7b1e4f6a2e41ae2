import { option, optionsOf, type Given } from '@tessera-nn/core';
import { isPlainObject } from '@tessera-nn/core/internal';

/** A Python slice over an axis, or over the flat index in logical order. Negative bounds count from the end. */
const slice = optionsOf('A slice', {
  start: option.whole.or(0),
  /** Default: the end. */
  stop: option.whole.optional,
  step: option.count.or(1),
});
export type FlatSlice = Given<typeof slice>;

/** Whether it has the form of a slice; `resolve` checks its numbers. */
export const isSlice = (value: unknown): boolean =>
  isPlainObject(value) && Object.keys(value).every((name) => slice.names.includes(name));

/** A slice of `size` places, from `start` on and before `stop`, both inside. @throws ValueError for a step below 1. */
export function resolve(size: number, given: FlatSlice): Required<Record<'start' | 'stop' | 'step', number>> {
  const { start, stop = size, step } = slice.read(given);
  const bound = (at: number) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
  return { start: bound(start), stop: bound(stop), step };
}

/** Which of `size` elements a slice picks, one byte each. @throws ValueError for a step below 1. */
export function sliceMask(size: number, given: FlatSlice): Uint8Array {
  const { start, stop, step } = resolve(size, given);
  const mask = new Uint8Array(size);
  for (let i = start; i < stop; i += step) mask[i] = 1;
  return mask;
}
