import type { Variable } from '@tessera-nn/core';
import { avgPool } from '../avg-pool-2d/index.js';
import { AdaptivePooling } from '../window/adaptive-pooling.js';
import type { PoolGeometry } from '../window/pool-geometry.js';

/**
 * The mean of each window, of images of any size: window i reaches from floor(i height / h) to ceil((i + 1) height / h).
 *
 * y = sum x / n; dx = g / n for every window that saw the pixel. Where all windows are of one size, as they are where h
 * divides the height, it is an `AvgPool2D`; otherwise each window is a pooling of its own, which takes longer.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, ...size]`. Source: PyTorch's `AdaptiveAvgPool2d`.
 *
 * @example
 * new AdaptiveAvgPool2D([7, 7]);
 * @throws ShapeError when the input is not a batch of images.
 */
export class AdaptiveAvgPool2D extends AdaptivePooling {
  static override readonly className = 'AdaptiveAvgPool2D';

  protected override pool(x: Variable, geometry: PoolGeometry): Variable {
    return avgPool(x, { ...geometry, includePad: true });
  }
}
