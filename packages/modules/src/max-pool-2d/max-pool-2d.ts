import type { Variable } from '@tessera-nn/core';
import { Pooling, type PoolingOptions } from '../window/pooling.js';
import type { Pair } from '../window/window.js';
import { maxPool } from './max-pool-2d.op.js';

export type MaxPool2DOptions = PoolingOptions;

/**
 * The largest value of each window: y = max x. The gradient goes to the first largest, in rows from the top; padding
 * never wins; NaN stays NaN.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, h, w]` with h = floor((height + 2 pad - size) / stride) + 1.
 * Source: PuzzleLib's `MaxPool2D`; stride is 2 unless given, whatever the size.
 *
 * @example
 * new MaxPool2D(2);
 * @throws ShapeError when the input is no batch of images or smaller than the window.
 */
export class MaxPool2D extends Pooling {
  static override readonly className = 'MaxPool2D';

  constructor(size?: Pair, stride?: Pair, pad?: Pair, name?: string);
  constructor(options: MaxPool2DOptions);
  constructor(size: Pair | MaxPool2DOptions = 2, stride: Pair = 2, pad: Pair = 0, name?: string) {
    super(
      typeof size === 'number' || Array.isArray(size)
        ? { size: size as Pair, stride, pad, name }
        : (size as MaxPool2DOptions),
    );
  }

  override get gradUsesOutData(): boolean {
    return true;
  }

  protected override updateData(data: Variable): Variable {
    return maxPool(data, this.geometry());
  }
}
