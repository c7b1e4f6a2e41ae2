import {
  gather,
  Module,
  named,
  option,
  optionsOf,
  reshape,
  slice,
  Variable,
  type Arguments,
  type Given,
} from '@tessera-nn/core';
import { fromFront, shapeText } from '@tessera-nn/core/internal';
import { isSlice, resolve, type FlatSlice } from '../activation/index.js';

/** What is taken of an axis: all of it, one place, which the axis goes with, or a Python slice. */
export type AxisSlice = null | number | FlatSlice;

const ofAxis = option.kind<AxisSlice>(
  'null, a whole number or a slice',
  (value) => value === null || Number.isInteger(value) || isSlice(value),
);

const options = optionsOf('Slice', {
  /** For each axis, the batch being the first: null for all of it, the number of one place, or `{ start, stop, step }`. */
  slc: option.listOf(ofAxis, 'null, whole numbers and slices { start, stop, step }, one for each axis', 1),
  ...named,
});
export type SliceOptions = Given<typeof options>;

/**
 * A part of its input: of each axis all places, one, or those of a slice. What is left out gets zeros as its gradient.
 *
 * Bounds and numbers are counted from the end where they are negative, and steps are from 1. Axes that are not named are taken
 * whole.
 *
 * Shapes: any to what the slices leave; an axis of which one place is taken goes. Source: PuzzleLib's `Slice`.
 *
 * @example
 * new Slice([null, null, { start: 1, stop: -1 }, { start: 1, stop: -1 }]); // images without their border
 * @throws ShapeError when there are more slices than axes, or nothing is left.
 */
export class Slice extends Module {
  static override readonly className = 'Slice';

  readonly slc: readonly AxisSlice[];

  constructor(...given: Arguments<[slc: readonly AxisSlice[], name?: string], SliceOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.slc = read.slc;
    for (const one of this.slc) if (one !== null && typeof one !== 'number') resolve(0, one); // refuses a bad one now
  }

  protected override get dtypes() {
    return ['float32', 'int32', 'bool'] as const;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const picks = this.#picksOf(shape);
    if (this.slc.length <= shape.length && picks.every(({ count }) => count > 0)) return sizesOf(picks);
    throw this.shapeError(`nothing of ${shapeText(shape)} is left`, {
      expected: `at least ${this.slc.length} axes, with places in each slice`,
      received: shapeText(shape),
    });
  }

  #picksOf(shape: readonly number[]): Pick[] {
    return shape.map((size, axis) => {
      const one = this.slc[axis] ?? null;
      if (typeof one === 'number') {
        const start = fromFront(one, size);
        return { start, count: Number(start >= 0 && start < size), step: 1, goes: true };
      }
      const { start, stop, step } = resolve(size, one ?? {});
      return { start, count: Math.max(0, Math.ceil((stop - start) / step)), step, goes: false };
    });
  }

  protected override updateData(data: Variable): Variable {
    const picks = this.#picksOf(data.shape);
    const reach = picks.map(({ count, step }) => (count - 1) * step + 1);
    const block = slice(
      data,
      picks.map(({ start }) => start),
      reach,
    );
    const steps = picks.reduce(
      (x, { count, step }, axis) => (step === 1 ? x : gather(x, every(step, count), axis)),
      block,
    );
    return reshape(steps, sizesOf(picks));
  }

  override extraRepr(): string {
    return JSON.stringify(this.slc);
  }
}

/** The places of an axis that are taken: so many from `start` on, and whether the axis goes with its only one. */
interface Pick {
  start: number;
  count: number;
  step: number;
  goes: boolean;
}

const sizesOf = (picks: readonly Pick[]): number[] => picks.filter(({ goes }) => !goes).map(({ count }) => count);

const every = (step: number, count: number): Variable =>
  new Variable(
    Int32Array.from({ length: count }, (_, i) => i * step),
    { shape: [count] },
  );
