import { option, optionsOf, type Arguments, type Given, type Pair } from '@tessera-nn/core';
import { closingOptions, Convolution, openingOver, type Closing, type Opening } from '../convolution/convolution.js';
import { padOption, type Pad } from '../window/pad.js';

const options = optionsOf('Conv2D', { ...openingOver(option.pairFrom, padOption), ...closingOptions });
export type Conv2DOptions = Given<typeof options>;

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in this field).
 *
 * y[n, o, i, j] = b[o] + sum over c, k, l of x[n, c, i s + k d - p, j s + l d - p] W[o, c, k, l].
 * dx spreads g back through W; dW correlates x with g; db sums g over batch and places. Initially W by `initscheme`,
 * b zeros. Only W decays under weight decay.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, outmaps, h, w]` with h = floor((height + 2 pad - dilation (size - 1)
 * - 1) / stride) + 1, or ceil(height / stride) for the pad `same`. W is `[outmaps, inmaps / groups, ...size]`, b is `[outmaps]` (PuzzleLib: `[1, outmaps, 1, 1]`).
 * Source: PuzzleLib's `Conv2D`; PyTorch's `Conv2d`; Keras' `Conv2D`.
 *
 * @example
 * new Conv2D(1, 16, 3);
 * new Conv2D({ inmaps: 16, outmaps: 32, size: 3, pad: 1, useBias: false });
 * @throws ShapeError when rank or maps of the input are others, or the filter is larger than the padded image;
 *   ValueError for counts that do not fit.
 */
export class Conv2D extends Convolution {
  static override readonly className = 'Conv2D';

  constructor(...given: Arguments<[...Opening<Pair, Pad>, ...Closing], Conv2DOptions>) {
    const read = options.arguments(given);
    const { outmaps, groups } = read;
    super(read, (inmaps) => ({ outmaps, groups, filter: [outmaps, inmaps / groups] }));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}
