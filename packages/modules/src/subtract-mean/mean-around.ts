import { option, type Variable } from '@tessera-nn/core';
import { avgPool } from '../avg-pool-2d/index.js';

/** A whole number that has a middle. */
export const oddSize = option.kind<number>(
  'an odd number above 1',
  (value) => Number.isInteger(value) && (value as number) > 1 && (value as number) % 2 === 1,
);

/** The mean of the square window around each pixel. */
export function meanAround(x: Variable, size: number, includePad: boolean): Variable {
  const around = (size - 1) / 2;
  return avgPool(x, {
    size: [size, size],
    strides: [1, 1],
    pads: [around, around, around, around],
    dilations: [1, 1],
    includePad,
  });
}
