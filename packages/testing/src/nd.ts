import { sizeOf } from '@tessera-nn/core/internal';

/** Numbers in float64 with a shape, row by row: what references compute on. */
export interface Nd {
  shape: readonly number[];
  data: Float64Array;
}

/** An Nd of zeros, or of given numbers. */
export function nd(shape: readonly number[], data?: ArrayLike<number>): Nd {
  return { shape, data: data ? Float64Array.from(data) : new Float64Array(sizeOf(shape)) };
}

/** The same shape, each element by a function. */
export function map(x: Nd, f: (value: number, index: number) => number): Nd {
  return { shape: x.shape, data: x.data.map(f) };
}

/** Where an index lies in the flat data. */
export function offset(shape: readonly number[], ...index: number[]): number {
  return index.reduce((at, i, axis) => at * shape[axis]! + i, 0);
}

/** Which index along an axis each flat place has. */
export function indexAlong(shape: readonly number[], axis: number, flat: number): number {
  return Math.floor(flat / sizeOf(shape.slice(axis + 1))) % shape[axis]!;
}
