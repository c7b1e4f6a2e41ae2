import { named, optionsOf, type Arguments, type Given, type Pair } from '@tessera-nn/core';
import { imagePooling } from '../window/pooling.js';
import type { Pad } from '../window/pad.js';
import { AvgPooling, includePad } from './avg-pooling.js';

const { window, choices } = imagePooling;
const options = optionsOf('AvgPool2D', { ...window, includePad, ...named }, choices);
export type AvgPool2DOptions = Given<typeof options>;

/**
 * The mean of each window: y = sum x / n; dx = g / n for every window that saw the pixel.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, h, w]` with h = floor((height + 2 pad - dilation (size - 1) - 1) / stride) + 1; with
 * `ceilMode` rounded up where the last window begins on the image, and what it sees beyond the padding never counts;
 * ceil(height / stride) for the pad `same`.
 * Source: PuzzleLib's `AvgPool2D`; PyTorch's `AvgPool2d`, whose `count_include_pad` is `includePad`; ONNX' `AveragePool`, for
 * `dilation`.
 *
 * @example
 * new AvgPool2D({ size: 3, stride: 1, pad: 1, includePad: false });
 * @throws ShapeError when the input is not a batch of images or smaller than the window.
 */
export class AvgPool2D extends AvgPooling {
  static override readonly className = 'AvgPool2D';

  constructor(
    ...given: Arguments<[size?: Pair, stride?: Pair, pad?: Pad, includePad?: boolean, name?: string], AvgPool2DOptions>
  ) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options, { includePad: this.includePad });
  }
}
