import { optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { closingOptions, openingOver, type Closing, type Opening } from '../convolution/convolution.js';
import { Deconvolution } from '../convolution/deconvolution.js';
import { tripleFrom, volumePad, type Triple, type VolumePad } from '../window/pad.js';
import { VOLUMES, type Space } from '../window/spatial.js';

const options = optionsOf('Deconv3D', {
  ...openingOver(tripleFrom, volumePad),
  /** Further places behind each axis, fewer than the stride; 0 where the pad is `same`. Default 0. */
  postpad: tripleFrom(0).or(0),
  ...closingOptions,
});
export type Deconv3DOptions = Given<typeof options>;

/**
 * Transposed three-dimensional convolution: the way back of a `Conv3D` with the same window.
 *
 * y[n, o, h s + m d - p, i s + k d - p, j s + l d - p] sums x[n, c, h, i, j] W[c, o, m, k, l] over all that meet there, plus
 * b[o]. Gradients, and how it starts, as for `Deconv2D`.
 *
 * Shapes: `[batch, inmaps, depth, height, width]` to `[batch, outmaps, d, h, w]`, each axis as for `Deconv2D`. W is
 * `[inmaps, outmaps / groups, ...size]`, b is `[outmaps]`.
 * Source: PuzzleLib's `Deconv3D`; PyTorch's `ConvTranspose3d`, whose `output_padding` is `postpad`.
 *
 * @example
 * new Deconv3D({ inmaps: 16, outmaps: 8, size: 2, stride: 2 }); // twice as large along each axis
 * @throws ShapeError when rank or maps of the input are others, or nothing is left of the result; ValueError for counts
 *   that do not fit.
 */
export class Deconv3D extends Deconvolution {
  static override readonly className = 'Deconv3D';

  protected override get space(): Space {
    return VOLUMES;
  }

  constructor(...given: Arguments<[...Opening<Triple, VolumePad>, postpad?: Triple, ...Closing], Deconv3DOptions>) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}
