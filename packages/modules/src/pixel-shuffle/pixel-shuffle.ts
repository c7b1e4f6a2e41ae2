import {
  named,
  option,
  optionsOf,
  reshape,
  transpose,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { Spatial } from '../window/spatial.js';

const options = optionsOf('PixelShuffle', {
  /** How many times as high and wide. */
  scale: option.count,
  ...named,
});
export type PixelShuffleOptions = Given<typeof options>;

/**
 * Larger images out of more maps: each square of `scale` by `scale` pixels is one pixel of as many maps.
 *
 * y[n, c, i s + k, j s + l] = x[n, c s^2 + k s + l, i, j]; dx is the same the other way round. Behind a convolution it is
 * the upsampling of super-resolution.
 *
 * Shapes: `[batch, maps s^2, height, width]` to `[batch, maps, height s, width s]`. Source: PyTorch's `PixelShuffle`; Shi et
 * al. 2016.
 *
 * @example
 * new PixelShuffle(2);
 * @throws ShapeError when the input is not a batch of images, or its maps are not a multiple of scale^2.
 */
export class PixelShuffle extends Spatial {
  static override readonly className = 'PixelShuffle';

  readonly scale: number;

  constructor(...given: Arguments<[scale: number, name?: string], PixelShuffleOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.scale = read.scale;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const [batch, maps, height, width] = this.checkImages(shape);
    const { scale } = this;
    if (maps % (scale * scale) !== 0) {
      throw this.shapeError(`input ${shapeText(shape)} has ${maps} maps on axis 1`, {
        expected: `a multiple of ${scale * scale} maps`,
        received: shapeText(shape),
      });
    }
    return [batch, maps / (scale * scale), height * scale, width * scale];
  }

  protected override updateData(data: Variable): Variable {
    const [batch, maps, height, width] = this.dataShapeFrom(data.shape) as [number, number, number, number];
    const { scale } = this;
    const squares = reshape(data, [batch, maps, scale, scale, height / scale, width / scale]);
    return reshape(transpose(squares, [0, 1, 4, 2, 5, 3]), [batch, maps, height, width]);
  }

  override extraRepr(): string {
    return `${this.scale}`;
  }
}
