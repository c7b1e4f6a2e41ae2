import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { Upsampling, upsamplingChoices } from '../upsample-2d/index.js';
import { tripleFrom, type Triple } from '../window/pad.js';
import { VOLUMES, type Space } from '../window/spatial.js';

const options = optionsOf(
  'Upsample3D',
  {
    /** How many times as deep, high and wide. Default 2. */
    scale: tripleFrom(1).or(2),
    /** `linear` is PuzzleLib's name of `trilinear`. Default `nearest`. */
    mode: option.oneOf('nearest', 'trilinear', 'linear').or('nearest'),
    ...named,
  },
  upsamplingChoices,
);
export type Upsample3DOptions = Given<typeof options>;

/**
 * Larger volumes of the same maps, each place repeated or between its neighbours: along each axis as `Upsample2D`.
 *
 * Shapes: `[batch, maps, depth, height, width]` to `[batch, maps, depth s, height s, width s]`.
 * Source: PuzzleLib's `Upsample3D`; PyTorch's `Upsample`, whose trilinear has `alignCorners: false` unless told otherwise.
 *
 * @example
 * new Upsample3D({ scale: [1, 2, 2], mode: 'trilinear' });
 * @throws ShapeError when the input is not a batch of volumes.
 */
export class Upsample3D extends Upsampling {
  static override readonly className = 'Upsample3D';

  protected override get space(): Space {
    return VOLUMES;
  }

  constructor(
    ...given: Arguments<[scale?: Triple, mode?: 'nearest' | 'trilinear' | 'linear', name?: string], Upsample3DOptions>
  ) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options, 'trilinear');
  }
}
