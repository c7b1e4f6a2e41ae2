import { reshape, type Variable } from '@tessera-nn/core';
import { maxPool } from '../max-pool-2d/index.js';
import { GlobalPooling } from '../window/global-pooling.js';

/**
 * The largest of each map: y[n, c] = max x[n, c]. The gradient goes to the first largest, in rows from the top; NaN stays NaN.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps]`, or `[batch, maps, 1, 1]` with `keepDims`. Source: Keras'
 * `GlobalMaxPooling2D`; ONNX' `GlobalMaxPool` keeps the axes.
 *
 * @example
 * new GlobalMaxPool2D();
 * @throws ShapeError when the input is not a batch of images.
 */
export class GlobalMaxPool2D extends GlobalPooling {
  static override readonly className = 'GlobalMaxPool2D';

  protected override updateData(data: Variable): Variable {
    const [, , height, width] = this.checkImages(data.shape);
    const size = [height, width] as const;
    const y = maxPool(data, { size, strides: size, pads: [0, 0, 0, 0], dilations: [1, 1] });
    return reshape(y, this.dataShapeFrom(data.shape));
  }
}
