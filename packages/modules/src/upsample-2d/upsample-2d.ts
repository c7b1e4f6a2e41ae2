import { named, option, optionsOf, type Arguments, type Given, type Pair } from '@tessera-nn/core';
import { Upsampling, upsamplingChoices } from './upsampling.js';

const options = optionsOf(
  'Upsample2D',
  {
    /** How many times as high and wide. Default 2. */
    scale: option.pairFrom(1).or(2),
    /** `linear` is PuzzleLib's name of `bilinear`. Default `nearest`. */
    mode: option.oneOf('nearest', 'bilinear', 'linear').or('nearest'),
    ...named,
  },
  upsamplingChoices,
);
export type Upsample2DOptions = Given<typeof options>;

/**
 * Larger images of the same maps, each pixel repeated or between its neighbours; for decoders.
 *
 * nearest: y[i, j] = x[floor(i / s), floor(j / s)]; dx sums g over the block of each pixel. bilinear: y[i, j] is the mean of
 * the four pixels around the place (i r, j r), weighted by how near they are, with r = (size - 1) / (size s - 1); without
 * `alignCorners` the place is (i + 0.5) / s - 0.5, not below 0; dx is the transpose of that. Ask for `alignCorners: false`
 * for what PyTorch, TensorFlow 2 and ONNX do unless told otherwise.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, height s, width s]`. Source: PuzzleLib's `Upsample2D`;
 * PyTorch's `Upsample`; Keras' `UpSampling2D`.
 *
 * @example
 * new Upsample2D({ scale: 2, mode: 'bilinear', alignCorners: false });
 * @throws ShapeError when the input is not a batch of images.
 */
export class Upsample2D extends Upsampling {
  static override readonly className = 'Upsample2D';

  constructor(
    ...given: Arguments<[scale?: Pair, mode?: 'nearest' | 'bilinear' | 'linear', name?: string], Upsample2DOptions>
  ) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options, 'bilinear');
  }
}
