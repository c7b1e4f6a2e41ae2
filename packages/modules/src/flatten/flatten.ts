import { Module, reshape, type Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';

/**
 * All axes behind the batch in one: `[batch, ...]` to `[batch, product]`, in logical order, maps first.
 *
 * Source: PuzzleLib's, PyTorch's, Keras' and ONNX' `Flatten`. @throws ShapeError for an input without a batch axis.
 */
export class Flatten extends Module {
  static override readonly className = 'Flatten';

  override get movesData(): boolean {
    return true;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.length < 1) throw this.shapeError('the input has no batch axis', { received: '[]' });
    return [shape[0]!, sizeOf(shape.slice(1))];
  }

  protected override updateData(data: Variable): Variable {
    return reshape(data, this.dataShapeFrom(data.shape));
  }
}
