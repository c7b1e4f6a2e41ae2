import { named, option, optionsOf, type Arguments, type Given, type Pair, type Variable } from '@tessera-nn/core';
import { shownExtent } from '../window/window.js';
import { Spatial } from '../window/spatial.js';
import { upsample, type Placing } from './upsample-2d.op.js';

const options = optionsOf(
  'Upsample2D',
  {
    /** How many times as high and wide. Default 2. */
    scale: option.pairFrom(1).or(2),
    /** `linear` is PuzzleLib's name of `bilinear`. Default `nearest`. */
    mode: option.oneOf('nearest', 'bilinear', 'linear').or('nearest'),
    ...named,
  },
  {
    /** For bilinear: whether corners lie on corners, or pixels are squares of which the middles count. Default true. */
    alignCorners: option.flag.or(true),
  },
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
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, height s, width s]`. Source: PuzzleLib's `Upsample2D`.
 *
 * @example
 * new Upsample2D({ scale: 2, mode: 'bilinear', alignCorners: false });
 * @throws ShapeError when the input is not a batch of images.
 */
export class Upsample2D extends Spatial {
  static override readonly className = 'Upsample2D';

  readonly scale: readonly [number, number];
  readonly placing: Placing;

  constructor(
    ...given: Arguments<[scale?: Pair, mode?: 'nearest' | 'bilinear' | 'linear', name?: string], Upsample2DOptions>
  ) {
    const read = options.arguments(given);
    super(read, read);
    const { scale, mode, alignCorners } = read;
    this.scale = typeof scale === 'number' ? [scale, scale] : scale;
    this.placing = mode === 'nearest' ? mode : alignCorners ? 'corners' : 'middles';
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const [batch, maps, height, width] = this.checkImages(shape);
    return [batch, maps, height * this.scale[0], width * this.scale[1]];
  }

  protected override updateData(data: Variable): Variable {
    return upsample(data, { scale: this.scale, placing: this.placing });
  }

  override extraRepr(): string {
    const { placing } = this;
    const changes = options.changes({
      mode: placing === 'nearest' ? placing : 'bilinear',
      alignCorners: placing !== 'middles',
    });
    return [`scale=${shownExtent(this.scale)}`, ...changes].join(', ');
  }
}
