import { type Data, type Shapes, type Variable } from '@tessera-nn/core';
import { isShapeList, variablesIn } from '@tessera-nn/core/internal';
import { Routing } from '../routing/routing.js';

/**
 * Lists in lists as one list, in their order; one Variable as a list of one. Behind branches that give lists themselves.
 *
 * Shapes: any, to the list of all shapes in it. Source: PuzzleLib's `ToList`.
 */
export class ToList extends Routing<Data, readonly Variable[]> {
  static override readonly className = 'ToList';

  override dataShapeFrom(shape: Shapes): number[][] {
    return isShapeList(shape) ? shape.flatMap((part) => this.dataShapeFrom(part)) : [[...shape]];
  }

  protected override updateData(data: Data): Variable[] {
    return variablesIn(data);
  }
}
