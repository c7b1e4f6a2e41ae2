import { reshape, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { BatchNorm2D } from '../batch-norm-2d/batch-norm-2d.js';

/**
 * Batch normalisation of volumes: `BatchNorm2D`, with its options, its formula and its statistics, behind a `Conv3D`.
 *
 * Shapes: `[batch, maps, depth, height, width]` to the same. Source: PuzzleLib's `BatchNorm3D`; PyTorch's `BatchNorm3d`.
 *
 * @example
 * new BatchNorm3D(16);
 * @throws ShapeError for another rank or count of maps, and where `BatchNorm2D` does.
 */
export class BatchNorm3D extends BatchNorm2D {
  static override readonly className = 'BatchNorm3D';

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.length !== 5) {
      throw this.shapeError(`input ${shapeText(shape)} is not a batch of volumes`, {
        expected: `[batch, ${this.maps}, depth, height, width]`,
        received: shapeText(shape),
      });
    }
    super.dataShapeFrom(asImages(shape));
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    return reshape(super.updateData(reshape(data, asImages(data.shape))), data.shape);
  }
}

const asImages = ([batch, maps, depth, height, width]: readonly number[]): number[] => [
  ...[batch!, maps!, depth!, height! * width!],
];
