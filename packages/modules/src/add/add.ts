import { addAll, type Variable } from '@tessera-nn/core';
import { ElementwiseList } from '../elementwise-list/elementwise-list.js';

/**
 * The sum of a list: y = x1 + x2 + ..., element by element; the gradient goes to each.
 *
 * Shapes: a list of one shape to that shape. Source: PuzzleLib's `Add`, Keras' `Add`.
 * @throws ShapeError for an empty list, and for shapes that differ.
 */
export class Add extends ElementwiseList {
  static override readonly className = 'Add';

  protected override updateData(data: readonly Variable[]): Variable {
    return addAll(data);
  }
}
