import { reshape, type Variable } from '@tessera-nn/core';
import { atDepths, eachDepth } from './by-depth.op.js';

/**
 * Does by rows and columns of images what goes along each axis by itself, as pooling does: to sequences as images one
 * high; to volumes first across each depth, then along the depth, with all places of a depth as columns.
 *
 * @param alone stands for an axis that stays as it is.
 */
export function overImages<Axis>(
  x: Variable,
  axes: readonly Axis[],
  alone: Axis,
  step: (images: Variable, rows: Axis, columns: Axis) => Variable,
): Variable {
  const [batch, maps, depth] = x.shape as [number, number, number];
  const [last, beforeLast, first] = [...axes].reverse() as [Axis, Axis?, Axis?];
  if (beforeLast === undefined) {
    const y = step(reshape(x, [batch, maps, 1, depth]), alone, last);
    return reshape(y, [batch, maps, -1]);
  }
  if (first === undefined) return step(x, beforeLast, last);
  const across = atDepths(step(eachDepth(x), beforeLast, last), depth);
  const [height, width] = across.shape.slice(3) as [number, number];
  const along = step(reshape(across, [batch, maps, depth, height * width]), first, alone);
  return reshape(along, [batch, maps, -1, height, width]);
}
