import type { Dtype } from '@tessera-nn/core';
import { BatchSize } from '@tessera-nn/core/internal';

/** A size that the file leaves open, and which is not the batch. */
export const FREE = Symbol('free');

/** A size, or a number computed of sizes, while a file is read. */
export type OpenSize = number | BatchSize | typeof FREE;

/** Known numbers on the host: weights, and sizes that follow the batch among others. */
export interface HostArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: ArrayLike<OpenSize>;
}

export const lengthOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Whole numbers as a vector. */
export const vector = (values: readonly OpenSize[]): HostArray => ({ dtype: 'int32', shape: [values.length], values });

/** Whether all of them are numbers, whatever the batch. */
export const isSettled = ({ values }: HostArray): boolean =>
  ArrayBuffer.isView(values) || Array.from(values).every((value) => typeof value === 'number');

/** Where each value of the result comes from, by its place among those of `x`: moves that lose or repeat values. */
export function moved(x: HostArray, shape: readonly number[], from: (place: number) => number): HostArray {
  const count = lengthOf(shape);
  const values = new Array<OpenSize>(count);
  for (let place = 0; place < count; place++) values[place] = x.values[from(place)]!;
  return { ...x, shape, values };
}

/** The index along each axis of a place. */
export function indexOf(place: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = place; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}

/** The place of an index; axes of size 1 are repeated, and those in front that it does not have are left out. */
export function placeOf(index: readonly number[], shape: readonly number[]): number {
  const added = index.length - shape.length;
  return shape.reduce((place, size, axis) => place * size + (size === 1 ? 0 : index[axis + added]!), 0);
}

const linear = (value: OpenSize): { each: number; more: number } | undefined => {
  if (typeof value === 'number') return { each: 0, more: value };
  return value === FREE ? undefined : value;
};

const sized = (each: number, more: number): OpenSize => (each === 0 ? more : new BatchSize(each, more));

/** Sums, products and quotients of sizes; what is neither a number nor a multiple of the batch is open. */
export const sizeArithmetic = {
  add: (a: OpenSize, b: OpenSize): OpenSize => {
    const [x, y] = [linear(a), linear(b)];
    return x && y ? sized(x.each + y.each, x.more + y.more) : FREE;
  },
  sub: (a: OpenSize, b: OpenSize): OpenSize => {
    const [x, y] = [linear(a), linear(b)];
    return x && y ? sized(x.each - y.each, x.more - y.more) : FREE;
  },
  mul: (a: OpenSize, b: OpenSize): OpenSize => {
    const [x, y] = [linear(a), linear(b)];
    if (!x || !y || x.each * y.each !== 0) return FREE;
    return sized(x.each * y.more + y.each * x.more, x.more * y.more);
  },
  div: (a: OpenSize, b: OpenSize): OpenSize => {
    if (typeof b !== 'number') return FREE;
    if (typeof a === 'number') return Math.trunc(a / b);
    const x = linear(a);
    return x && x.each % b === 0 && x.more % b === 0 ? sized(x.each / b, x.more / b) : FREE;
  },
};

/** A function of each element of two arrays, broadcast. */
export function zipped(
  a: HostArray,
  b: HostArray,
  shape: readonly number[],
  apply: (a: OpenSize, b: OpenSize) => OpenSize,
  dtype: Dtype = a.dtype,
): HostArray {
  const values = Array.from({ length: lengthOf(shape) }, (_, place) => {
    const index = indexOf(place, shape);
    return apply(a.values[placeOf(index, a.shape)]!, b.values[placeOf(index, b.shape)]!);
  });
  return { dtype, shape, values };
}
