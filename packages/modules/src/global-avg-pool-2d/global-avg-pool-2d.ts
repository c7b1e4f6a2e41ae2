import { mean, type Variable } from '@tessera-nn/core';
import { GlobalPooling } from '../window/global-pooling.js';

/**
 * The mean of each map: y[n, c] = sum x[n, c] / (height width); dx = g / (height width). In front of the last `Linear` of a
 * ResNet it makes a network of one that takes images of any size.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps]`, or `[batch, maps, 1, 1]` with `keepDims`. Source: Keras'
 * `GlobalAveragePooling2D`; ONNX' `GlobalAveragePool` keeps the axes.
 *
 * @example
 * new GlobalAvgPool2D();
 * @throws ShapeError when the input is not a batch of images.
 */
export class GlobalAvgPool2D extends GlobalPooling {
  static override readonly className = 'GlobalAvgPool2D';

  protected override updateData(data: Variable): Variable {
    return mean(data, [2, 3], this.keepDims);
  }
}
