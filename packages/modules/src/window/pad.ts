import { option, type Pair } from '@tessera-nn/core';

/** Before and behind an axis. */
export type Sides = readonly [before: number, behind: number];

/**
 * Rows and columns around an image: as many on all sides; [vertical, horizontal]; [[top, bottom], [left, right]]; or by
 * name: `same`, so that the result has ceil(size / stride) places, the odd one at the bottom and on the right; `valid`,
 * none.
 */
export type Pad = Pair | readonly [Sides, Sides] | 'same' | 'valid';

const isWidth = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const isPairOf = (value: unknown, fits: (part: unknown) => boolean) =>
  Array.isArray(value) && value.length === 2 && value.every(fits);

/** The option of a module's padding. */
export const padOption = option.kind<Pad>(
  'a whole number from 0, [vertical, horizontal], [[top, bottom], [left, right]], "same" or "valid"',
  (value) =>
    value === 'same' ||
    value === 'valid' ||
    isWidth(value) ||
    isPairOf(value, isWidth) ||
    isPairOf(value, (part) => isPairOf(part, isWidth)),
);
