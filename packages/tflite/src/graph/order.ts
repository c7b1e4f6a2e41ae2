// In which order the axes of a value lie in a file: place `i` of it holds axis `order[i]`. Every function is of shapes alone.
import { BatchSize, type Size } from '@tessera-nn/core/internal';
import type { Numbers } from './tensor.js';

export type Order = readonly number[];

export const inOrder = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);

/** The maps last, as the operators of images want them. */
export const mapsLast = (rank: number): number[] =>
  rank < 3 ? inOrder(rank) : [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

export const sameOrder = (a: Order, b: Order): boolean => a.length === b.length && a.every((axis, i) => axis === b[i]);

export const isInOrder = (order: Order): boolean => order.every((axis, i) => axis === i);

/** Sizes as they lie. */
export const lying = <T>(shape: readonly T[], order: Order): T[] => order.map((axis) => shape[axis]!);

/** How to bring what lies in one order into another: place `i` of the result is place `moves[i]` of what is. */
export const movesBetween = (from: Order, to: Order): number[] => to.map((axis) => from.indexOf(axis));

/** Whether moves leave memory as it is: those of axes of one place do. */
export function movesNothing(shape: readonly Size[], moves: Order): boolean {
  const long = moves.filter((place) => shape[place] !== 1);
  return long.every((place, i) => i === 0 || place > long[i - 1]!);
}

/** Numbers with their axes moved. */
export function moved<N extends Numbers>(values: N, shape: readonly number[], moves: Order): N {
  if (movesNothing(shape, moves)) return values;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const [lengths, steps] = [lying(shape, moves), lying(strides, moves)];
  const result = values.slice() as N;
  const places = new Array<number>(shape.length).fill(0);
  for (let i = 0, from = 0; i < result.length; i++) {
    result[i] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++places[axis]! < lengths[axis]!) break;
      from -= steps[axis]! * lengths[axis]!;
      places[axis] = 0;
    }
  }
  return result;
}

/** What lies in the place of each column, where images of that order are read as rows. */
export function columnsOf(shape: readonly number[], order: Order): Int32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  return moved(
    Int32Array.from({ length: count }, (_, i) => i),
    shape,
    order,
  );
}

/** A number for a size that no product of others is, so that axes are told apart in a shape. */
const SOME_BATCH = 10007;
const known = (size: Size): number => (size instanceof BatchSize ? size.each * SOME_BATCH + size.more : size);

/** Axes that another shape makes axes of: those of either shape hold the same elements. */
export interface AxisGroup {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The smallest groups of neighbouring axes that two shapes of the same elements have in common. */
export function axisGroups(from: readonly Size[], to: readonly Size[]): AxisGroup[] {
  const groups: { from: number[]; to: number[] }[] = [];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    const group = { from: [i], to: [j] };
    let [a, b] = [known(from[i++]!), known(to[j++]!)];
    while (a !== b) {
      if (a < b && i < from.length) [a, group.from] = [a * known(from[i]!), [...group.from, i++]];
      else if (j < to.length) [b, group.to] = [b * known(to[j]!), [...group.to, j++]];
      else break;
    }
    groups.push(group);
  }
  const last = groups.at(-1);
  if (last) {
    for (; i < from.length; i++) last.from.push(i);
    for (; j < to.length; j++) last.to.push(j);
  }
  return groups;
}
