import { option, optionsOf, type Arguments, type Given, type Pair } from '@tessera-nn/core';
import { closingOptions, openingOver, type Closing, type Opening } from '../convolution/convolution.js';
import { Deconvolution } from '../convolution/deconvolution.js';
import { padOption, type Pad } from '../window/pad.js';

const options = optionsOf('Deconv2D', {
  ...openingOver(option.pairFrom, padOption),
  /** Further rows at the bottom and columns on the right, fewer than the stride; 0 where the pad is `same`. Default 0. */
  postpad: option.pairFrom(0).or(0),
  ...closingOptions,
});
export type Deconv2DOptions = Given<typeof options>;

/**
 * Transposed two-dimensional convolution: the way back of a `Conv2D` with the same window, for decoders and generators.
 *
 * y[n, o, i s + k d - p, j s + l d - p] sums x[n, c, i, j] W[c, o, k, l] over all c, i, j, k, l that meet there, plus b[o].
 * dx is the convolution of g by W; dW correlates g with x; db sums g over batch and places. Initially W by `initscheme`, b
 * zeros. Only W decays under weight decay.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, outmaps, h, w]` with h = (height - 1) stride + dilation (size - 1) -
 * 2 pad + 1 + postpad, or height stride for the pad `same`. W is `[inmaps, outmaps / groups, ...size]`, b is `[outmaps]`.
 * Source: PuzzleLib's `Deconv2D`; PyTorch's `ConvTranspose2d`, whose `output_padding` is `postpad`.
 *
 * @example
 * new Deconv2D({ inmaps: 16, outmaps: 8, size: 2, stride: 2 }); // twice the height and width
 * @throws ShapeError when rank or maps of the input are others, or nothing is left of the result; ValueError for counts
 *   that do not fit.
 */
export class Deconv2D extends Deconvolution {
  static override readonly className = 'Deconv2D';

  constructor(...given: Arguments<[...Opening<Pair, Pad>, postpad?: Pair, ...Closing], Deconv2DOptions>) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}

/** PyTorch's name of `Deconv2D`. */
export { Deconv2D as ConvTranspose2D };
