import { option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { closingOptions, openingOver, type Closing, type Opening } from '../convolution/convolution.js';
import { Deconvolution } from '../convolution/deconvolution.js';
import { sequencePad, type SequencePad } from '../window/pad.js';
import { SEQUENCES, type Space } from '../window/spatial.js';

const options = optionsOf('Deconv1D', {
  ...openingOver(option.wholeFrom, sequencePad),
  /** Further places at the end, fewer than the stride; 0 where the pad is `same`. Default 0. */
  postpad: option.wholeFrom(0).or(0),
  ...closingOptions,
});
export type Deconv1DOptions = Given<typeof options>;

/**
 * Transposed one-dimensional convolution: the way back of a `Conv1D` with the same window, for longer sequences.
 *
 * y[n, o, i s + k d - p] sums x[n, c, i] W[c, o, k] over all c, i, k that meet there, plus b[o]. Gradients, and how it
 * starts, as for `Deconv2D`.
 *
 * Shapes: `[batch, inmaps, length]` to `[batch, outmaps, l]` with l = (length - 1) stride + dilation (size - 1) - 2 pad + 1 +
 * postpad, or length stride for the pad `same`. W is `[inmaps, outmaps / groups, size]`, b is `[outmaps]`.
 * Source: PuzzleLib's `Deconv1D`; PyTorch's `ConvTranspose1d`, whose `output_padding` is `postpad`.
 *
 * @example
 * new Deconv1D({ inmaps: 16, outmaps: 8, size: 2, stride: 2 }); // twice as long
 * @throws ShapeError when rank or maps of the input are others, or nothing is left of the result; ValueError for counts
 *   that do not fit.
 */
export class Deconv1D extends Deconvolution {
  static override readonly className = 'Deconv1D';

  protected override get space(): Space {
    return SEQUENCES;
  }

  constructor(...given: Arguments<[...Opening<number, SequencePad>, postpad?: number, ...Closing], Deconv1DOptions>) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}
