import { named, option, optionsOf, pad, type Arguments, type Given, type Pair, type Variable } from '@tessera-nn/core';
import { Pooling, poolingChoices, poolingWindow } from '../window/pooling.js';
import type { Pad } from '../window/pad.js';
import { avgPool } from './avg-pool-2d.op.js';

const options = optionsOf(
  'AvgPool2D',
  {
    ...poolingWindow,
    /** Whether padding counts as zeros; else a window is divided by the pixels of the image it sees. Default true. */
    includePad: option.flag.or(true),
    ...named,
  },
  poolingChoices,
);
export type AvgPool2DOptions = Given<typeof options>;

/**
 * The mean of each window: y = sum x / n; dx = g / n for every window that saw the pixel.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, h, w]` with h = floor((height + 2 pad - size) / stride) + 1; with
 * `ceilMode` rounded up where the last window begins on the image, and what it sees beyond the padding never counts;
 * ceil(height / stride) for the pad `same`.
 * Source: PuzzleLib's `AvgPool2D`; `includePad` is PyTorch's `count_include_pad`.
 *
 * @example
 * new AvgPool2D({ size: 3, stride: 1, pad: 1, includePad: false });
 * @throws ShapeError when the input is not a batch of images or smaller than the window.
 */
export class AvgPool2D extends Pooling {
  static override readonly className = 'AvgPool2D';

  readonly includePad: boolean;

  constructor(
    ...given: Arguments<[size?: Pair, stride?: Pair, pad?: Pad, includePad?: boolean, name?: string], AvgPool2DOptions>
  ) {
    const read = options.arguments(given);
    super(read);
    this.includePad = read.includePad;
  }

  protected override updateData(data: Variable): Variable {
    const { includePad } = this;
    const { geometry, beyond } = this.geometryFor(data);
    if (!includePad || (beyond[0] === 0 && beyond[1] === 0)) return avgPool(data, { ...geometry, includePad });
    // What ceilMode adds never counts: the padding that does becomes a part of the image, and the rest stays around it.
    const [top, bottom, left, right] = geometry.pads;
    const padded = pad(data, [
      [0, 0],
      [0, 0],
      [top, bottom - beyond[0]],
      [left, right - beyond[1]],
    ]);
    return avgPool(padded, { ...geometry, pads: [0, beyond[0], 0, beyond[1]], includePad: false });
  }

  override extraRepr(): string {
    return super.extraRepr() + (this.includePad ? '' : ', includePad=false');
  }
}
