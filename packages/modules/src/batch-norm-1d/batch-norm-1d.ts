import { reshape, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { BatchNorm2D } from '../batch-norm-2d/batch-norm-2d.js';

/**
 * Batch normalisation of vectors or sequences: `BatchNorm2D`, with its options, its formula and its statistics, behind a
 * `Linear` or a one-dimensional convolution.
 *
 * Shapes: `[batch, maps]` or `[batch, maps, length]` to the same. Source: PyTorch's `BatchNorm1d`; PuzzleLib's `BatchNorm` (of
 * vectors) and `BatchNorm1D` (of sequences).
 *
 * @example
 * new BatchNorm1D(64);
 * @throws ShapeError for another rank or count of maps, and where `BatchNorm2D` does.
 */
export class BatchNorm1D extends BatchNorm2D {
  static override readonly className = 'BatchNorm1D';

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.length !== 2 && shape.length !== 3) {
      throw this.shapeError(`input ${shapeText(shape)} is not a batch of vectors or sequences`, {
        expected: `[batch, ${this.maps}] or [batch, ${this.maps}, length]`,
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

/** PuzzleLib's name of it for vectors. */
export { BatchNorm1D as BatchNorm };

const asImages = ([batch, maps, length = 1]: readonly number[]): number[] => [batch!, maps!, length, 1];
