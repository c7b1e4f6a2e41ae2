import { named, option, optionsOf, type Given, type Pair, type Variable } from '@tessera-nn/core';
import { Pooling, poolingWindow } from '../window/pooling.js';
import { avgPool } from './avg-pool-2d.op.js';

const options = optionsOf('AvgPool2D', {
  ...poolingWindow,
  /** Whether padding counts as zeros; else a window is divided by the pixels of the image it sees. Default true. */
  includePad: option.flag.or(true),
  ...named,
});
export type AvgPool2DOptions = Given<typeof options>;

/**
 * The mean of each window: y = sum x / n; dx = g / n for every window that saw the pixel.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, h, w]` with h = floor((height + 2 pad - size) / stride) + 1.
 * Source: PuzzleLib's `AvgPool2D`; `includePad` is PyTorch's `count_include_pad`.
 *
 * @example
 * new AvgPool2D({ size: 3, stride: 1, pad: 1, includePad: false });
 * @throws ShapeError when the input is not a batch of images or smaller than the window.
 */
export class AvgPool2D extends Pooling {
  static override readonly className = 'AvgPool2D';

  readonly includePad: boolean;

  constructor(size?: Pair, stride?: Pair, pad?: Pair, includePad?: boolean, name?: string);
  constructor(options: AvgPool2DOptions);
  constructor(...given: unknown[]) {
    const read = options.arguments(given);
    super(read);
    this.includePad = read.includePad;
  }

  protected override updateData(data: Variable): Variable {
    return avgPool(data, { ...this.geometry(), includePad: this.includePad });
  }

  override extraRepr(): string {
    return super.extraRepr() + (this.includePad ? '' : ', includePad=false');
  }
}
