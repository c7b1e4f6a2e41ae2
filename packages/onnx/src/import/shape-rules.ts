import { ShapeError } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';

type Shape = readonly number[];

/** The shape of all together, by NumPy's rules. @throws ShapeError where they do not broadcast. */
export function broadcast(shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((length) => length !== 1) ?? 1;
    if (sizes.every((length) => length === size || length === 1)) return size;
    throw new ShapeError('The shapes do not broadcast', { received: shapes.map(shapeText).join(' and ') });
  });
}

export const same = ([shape]: readonly Shape[]): Shape => shape!;

/** An axis counted from the front. @throws ShapeError when there is none. */
export function axisIn(axis: number, rank: number): number {
  const place = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(place) && place >= 0 && place < rank) return place;
  throw new ShapeError('There is no such axis', {
    expected: `an axis from ${-rank} to ${rank - 1}`,
    received: String(axis),
  });
}

/** Without axes, or with size 1 in their places. */
export function reduced(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  const gone = new Set(axes.map((axis) => axisIn(axis, shape.length)));
  return shape.flatMap((size, axis) => (gone.has(axis) ? (keepDims ? [1] : []) : [size]));
}

/** The matrix product. @throws ShapeError when rows and columns do not meet. */
export function matrixProduct([a, b]: readonly Shape[]): number[] {
  const [left, right] = [a!.length === 1 ? [1, ...a!] : a!, b!.length === 1 ? [...b!, 1] : b!];
  if (left.length < 2 || right.length < 2 || left.at(-1) !== right.at(-2)) {
    throw new ShapeError('The matrices do not meet', { received: `${shapeText(a!)} and ${shapeText(b!)}` });
  }
  const outer = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  return [...outer, ...(a!.length === 1 ? [] : [left.at(-2)!]), ...(b!.length === 1 ? [] : [right.at(-1)!])];
}
