import { option, type Pair } from '@tessera-nn/core';

/** Before and behind an axis. */
export type Sides = readonly [before: number, behind: number];

/** `same`: so that the result has ceil(size / stride) places, the odd one behind; `valid`: none. */
type PadName = 'same' | 'valid';

/** What lies around a sequence: as much at both ends; [before, behind]; or by name. */
export type SequencePad = number | Sides | PadName;

/**
 * Rows and columns around an image: as many on all sides; [vertical, horizontal]; [[top, bottom], [left, right]]; or by
 * name: `same`, so that the result has ceil(size / stride) places, the odd one at the bottom and on the right; `valid`,
 * none.
 */
export type Pad = Pair | readonly [Sides, Sides] | PadName;

/** One number for the three axes of volumes, or [depth, height, width]. */
export type Triple = number | readonly [number, number, number];

/** What lies around a volume: as much on all sides; one for each axis; two for each axis; or by name. */
export type VolumePad = Triple | readonly [Sides, Sides, Sides] | PadName;

const isWidth = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const isListOf = (value: unknown, count: number, fits: (part: unknown) => boolean) =>
  Array.isArray(value) && value.length === count && value.every(fits);
const areSides = (value: unknown) => isListOf(value, 2, isWidth);
const isName = (value: unknown) => value === 'same' || value === 'valid';

const padOf = <Padding>(forms: string, axes: number) =>
  option.kind<Padding>(
    `a whole number from 0, ${forms}, "same" or "valid"`,
    (value) => isName(value) || isWidth(value) || isListOf(value, axes, isWidth) || isListOf(value, axes, areSides),
  );

/** The option of a module's padding around sequences. */
export const sequencePad = option.kind<SequencePad>(
  'a whole number from 0, [before, behind], "same" or "valid"',
  (value) => isName(value) || isWidth(value) || areSides(value),
);

/** The option of a module's padding around images. */
export const padOption = padOf<Pad>('[vertical, horizontal], [[top, bottom], [left, right]]', 2);

/** The option of a module's padding around volumes. */
export const volumePad = padOf<VolumePad>('[depth, height, width], [[front, back], [top, bottom], [left, right]]', 3);

/** A Triple of whole numbers that are not below another. */
export const tripleFrom = (least: number) => {
  const fits = (value: unknown) => Number.isInteger(value) && (value as number) >= least;
  return option.kind<Triple>(
    `a whole number from ${least}, or three of them`,
    (value) => fits(value) || isListOf(value, 3, fits),
  );
};
