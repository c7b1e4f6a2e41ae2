import type { Variable } from '@tessera-nn/core';
import { overImages } from '../window/over-images.js';
import { Pooling } from '../window/pooling.js';
import { ALONE, geometryOf } from '../window/window.js';
import { maxPool } from './max-pool-2d.op.js';

/** The largest value of each window, along any axes. */
export abstract class MaxPooling extends Pooling {
  override get gradUsesOutData(): boolean {
    return true;
  }

  protected override updateData(data: Variable): Variable {
    return overImages(data, this.alongAxes(data.shape), ALONE, (images, rows, columns) =>
      maxPool(images, geometryOf(rows, columns)),
    );
  }
}
