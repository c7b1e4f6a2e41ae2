import type { Data, ShapeOf, Variable } from '@tessera-nn/core';
import { Routing } from '../routing/routing.js';

/**
 * Returns its input: y = x, of any shape and number type, also a list. Holds a place in a container, and is where the input
 * of a graph comes in. Source: PuzzleLib's, PyTorch's and ONNX' `Identity`.
 */
export class Identity<Part extends Data = Variable> extends Routing<Part, Part> {
  static override readonly className = 'Identity';

  override dataShapeFrom(shape: ShapeOf<Part>): ShapeOf<Part, number[]> {
    return shape as unknown as ShapeOf<Part, number[]>;
  }

  protected override updateData(data: Part): Part {
    return data;
  }
}
