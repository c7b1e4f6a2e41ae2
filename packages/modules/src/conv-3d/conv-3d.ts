import { optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { closingOptions, Convolution, openingOver, type Closing, type Opening } from '../convolution/convolution.js';
import { tripleFrom, volumePad, type Triple, type VolumePad } from '../window/pad.js';
import { VOLUMES, type Space } from '../window/spatial.js';

const options = optionsOf('Conv3D', { ...openingOver(tripleFrom, volumePad), ...closingOptions });
export type Conv3DOptions = Given<typeof options>;

/**
 * Three-dimensional convolution (cross-correlation), of volumes and videos.
 *
 * y[n, o, h, i, j] = b[o] + sum over c, m, k, l of x[n, c, h s + m d - p, i s + k d - p, j s + l d - p] W[o, c, m, k, l].
 * Gradients, and how it starts, as for `Conv2D`. It runs as a convolution of images, whose maps are those of all depths
 * that a window sees: memory for `size` times the input.
 *
 * Shapes: `[batch, inmaps, depth, height, width]` to `[batch, outmaps, d, h, w]`, each axis as for `Conv2D`. W is
 * `[outmaps, inmaps / groups, ...size]`, b is `[outmaps]` (PuzzleLib: `[1, outmaps, 1, 1, 1]`).
 * Source: PuzzleLib's `Conv3D`; PyTorch's `Conv3d`.
 *
 * @example
 * new Conv3D({ inmaps: 1, outmaps: 8, size: 3, pad: 1 });
 * @throws ShapeError when rank or maps of the input are others, or the filter is larger than the padded volume;
 *   ValueError for counts that do not fit.
 */
export class Conv3D extends Convolution {
  static override readonly className = 'Conv3D';

  protected override get space(): Space {
    return VOLUMES;
  }

  constructor(...given: Arguments<[...Opening<Triple, VolumePad>, ...Closing], Conv3DOptions>) {
    const read = options.arguments(given);
    const { outmaps, groups } = read;
    super(read, (inmaps) => ({ outmaps, groups, filter: [outmaps, inmaps / groups] }));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}
