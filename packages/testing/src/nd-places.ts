import { sizeOf } from '@tessera-nn/core/internal';
import { nd, type Nd } from './nd.js';

type Shape = readonly number[];

/** The index along every axis of a flat place. */
export const indexOf = (shape: Shape, flat: number): number[] =>
  shape.map((size, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % size);

/** An array whose element at each place is that of a source at another place, or 0. */
export function gatherNd(shape: Shape, source: Nd, from: (place: number[]) => readonly number[] | undefined): Nd {
  const data = Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const there = from(indexOf(shape, flat));
    return there ? source.data[there.reduce((at, i, axis) => at * source.shape[axis]! + i, 0)]! : 0;
  });
  return nd(shape, data);
}

/** Repeated along axes of size 1 and in front, as NumPy broadcasts. */
export const repeatedNd = (x: Nd, shape: Shape): Nd =>
  gatherNd(shape, x, (place) => x.shape.map((size, axis) => (size === 1 ? 0 : place.at(axis - x.shape.length)!)));

/** What the values that differ in some axes alone come to; the axes stay with size 1 where `keepDims`. */
export function reducedNd(x: Nd, axes: Shape, of: (values: number[]) => number, keepDims = false): Nd {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const lists = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  x.data.forEach((value, flat) => {
    const place = indexOf(x.shape, flat);
    lists[kept.reduce((at, size, axis) => at * size + (size === 1 ? 0 : place[axis]!), 0)]!.push(value);
  });
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return nd(shape, lists.map(of));
}
