import { softmax, type Variable } from '@tessera-nn/core';
import { OverAxis } from '../over-axis/over-axis.js';

/**
 * Shares that are positive and add up to 1 along an axis, the maps unless another is named.
 *
 * y = e^x / sum e^x, computed from x - max x; dx = y (g - sum g y). For training give the scores to `CrossEntropy` as they
 * are; this is for reading probabilities, and for attention.
 *
 * Shapes: any with that axis to the same. Source: PuzzleLib's `SoftMax`; PyTorch's `Softmax(dim)`.
 *
 * @example
 * new SoftMax();
 * @throws ShapeError when the input has no such axis.
 */
export class SoftMax extends OverAxis {
  static override readonly className = 'SoftMax';

  protected override updateData(data: Variable): Variable {
    return softmax(data, this.axis);
  }
}

/** PyTorch's name of `SoftMax`; the axis is 1 unless given. */
export { SoftMax as Softmax };
