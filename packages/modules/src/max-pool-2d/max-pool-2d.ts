import { named, optionsOf, type Arguments, type Given, type Pair, type Variable } from '@tessera-nn/core';
import { Pooling, poolingChoices, poolingWindow } from '../window/pooling.js';
import type { Pad } from '../window/pad.js';
import { maxPool } from './max-pool-2d.op.js';

const options = optionsOf('MaxPool2D', { ...poolingWindow, ...named }, poolingChoices);
export type MaxPool2DOptions = Given<typeof options>;

/**
 * The largest value of each window: y = max x. The gradient goes to the first largest, in rows from the top; padding
 * never wins; NaN stays NaN.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, h, w]` with h = floor((height + 2 pad - size) / stride) + 1; with
 * `ceilMode` rounded up where the last window begins on the image; ceil(height / stride) for the pad `same`.
 * Source: PuzzleLib's `MaxPool2D`, with the further pads and `ceilMode` of PyTorch and ONNX; stride is 2 unless given, whatever the size.
 *
 * @example
 * new MaxPool2D(2);
 * @throws ShapeError when the input is not a batch of images or smaller than the window.
 */
export class MaxPool2D extends Pooling {
  static override readonly className = 'MaxPool2D';

  constructor(...given: Arguments<[size?: Pair, stride?: Pair, pad?: Pad, name?: string], MaxPool2DOptions>) {
    super(options.arguments(given));
  }

  override get gradUsesOutData(): boolean {
    return true;
  }

  protected override updateData(data: Variable): Variable {
    return maxPool(data, this.geometryFor(data).geometry);
  }
}
