import { mul, type Variable } from '@tessera-nn/core';
import { ElementwiseList } from '../elementwise-list/elementwise-list.js';

/**
 * The product of a list: y = x1 x2 ..., element by element; the gradient of each is that of y times all the others.
 *
 * Shapes: a list of one shape to that shape. Source: PuzzleLib's `Mul`, Keras' `Multiply`.
 * @throws ShapeError for an empty list, and for shapes that differ.
 */
export class Mul extends ElementwiseList {
  static override readonly className = 'Mul';

  protected override updateData(data: readonly Variable[]): Variable {
    return data.reduce(mul);
  }
}
