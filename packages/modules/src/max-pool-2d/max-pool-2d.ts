import { named, optionsOf, type Arguments, type Given, type Pair } from '@tessera-nn/core';
import { imagePooling } from '../window/pooling.js';
import type { Pad } from '../window/pad.js';
import { MaxPooling } from './max-pooling.js';

const options = optionsOf('MaxPool2D', { ...imagePooling.window, ...named }, imagePooling.choices);
export type MaxPool2DOptions = Given<typeof options>;

/**
 * The largest value of each window: y = max x. The gradient goes to the first largest, in rows from the top; padding
 * never wins; NaN stays NaN.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, h, w]` with h = floor((height + 2 pad - dilation (size - 1) - 1) /
 * stride) + 1; with `ceilMode` rounded up where the last window begins on the image; ceil(height / stride) for the pad `same`.
 * Source: PuzzleLib's `MaxPool2D`; PyTorch's `MaxPool2d` and ONNX' `MaxPool`, for the further pads, `ceilMode` and
 * `dilation`; stride is 2 unless given, whatever the size.
 *
 * @example
 * new MaxPool2D(2);
 * @throws ShapeError when the input is not a batch of images or smaller than the window.
 */
export class MaxPool2D extends MaxPooling {
  static override readonly className = 'MaxPool2D';

  constructor(...given: Arguments<[size?: Pair, stride?: Pair, pad?: Pad, name?: string], MaxPool2DOptions>) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}
