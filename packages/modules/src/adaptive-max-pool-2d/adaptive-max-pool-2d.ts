import type { Variable } from '@tessera-nn/core';
import { maxPool } from '../max-pool-2d/index.js';
import { AdaptivePooling } from '../window/adaptive-pooling.js';
import type { PoolGeometry } from '../window/pool-geometry.js';

/**
 * The largest of each window, of images of any size: window i reaches from floor(i height / h) to ceil((i + 1) height / h).
 *
 * The gradient goes to the first largest, in rows from the top; NaN stays NaN. Where all windows are of one size it is a
 * `MaxPool2D`; otherwise each window is a pooling of its own, which takes longer.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, ...size]`. Source: PyTorch's `AdaptiveMaxPool2d`.
 *
 * @example
 * new AdaptiveMaxPool2D(4);
 * @throws ShapeError when the input is not a batch of images.
 */
export class AdaptiveMaxPool2D extends AdaptivePooling {
  static override readonly className = 'AdaptiveMaxPool2D';

  protected override pool(x: Variable, geometry: PoolGeometry): Variable {
    return maxPool(x, geometry);
  }
}
