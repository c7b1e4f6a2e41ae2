import { ShapeError, Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import type { CostInput } from './cost.js';

/** The weights of so many samples, `[batch]`; a column is taken too. @throws ShapeError for another shape. */
export function readWeights(given: CostInput, batch: number, path: string): Variable {
  const weights = given instanceof Variable ? given : new Variable(given);
  const { shape, size } = weights;
  const isColumn = shape.length === 2 && shape[1] === 1;
  if (size === batch && (shape.length === 1 || isColumn)) return isColumn ? weights.reshape([batch]) : weights;
  throw new ShapeError(`${path}: there is not one weight for each sample`, {
    path,
    expected: `sampleWeights of [${batch}]`,
    received: shapeText(shape),
  });
}
