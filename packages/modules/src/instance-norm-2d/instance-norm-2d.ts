import { named, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { groupNormOptions, NormOfGroups } from '../standardize/norm-of-groups.js';

const options = optionsOf('InstanceNorm2D', { ...groupNormOptions, ...named });
export type InstanceNorm2DOptions = Given<typeof options>;

/**
 * Instance normalisation: each map of each image by its own mean and variance, the same in train and eval mode.
 *
 * y = scale (x - m) / sqrt(v + epsilon) + bias, with the biased variance over the pixels of a map; dx is that of `LayerNorm`
 * within each map. It takes the contrast out of images, as style transfer wants.
 *
 * Shapes: `[batch, maps, height, width]` to the same. `scale` 1 and `bias` 0 are `[maps]` (PuzzleLib: `[1, maps, 1, 1]`);
 * neither decays under weight decay. Source: Ulyanov, Vedaldi and Lempitsky 2016; PuzzleLib's `InstanceNorm2D`;
 * PyTorch's `InstanceNorm2d`.
 *
 * @example
 * new InstanceNorm2D(16);
 * @throws ShapeError for another rank or count of maps, or a single pixel, which has no variance.
 */
export class InstanceNorm2D extends NormOfGroups {
  static override readonly className = 'InstanceNorm2D';

  constructor(
    ...given: Arguments<[maps?: number, epsilon?: number, affine?: boolean, name?: string], InstanceNorm2DOptions>
  ) {
    const read = options.arguments(given);
    super(read, (maps) => maps);
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.length !== 4 || shape[2]! * shape[3]! === 1) {
      throw this.shapeError(`input ${shapeText(shape)} is not a batch of images of several pixels`, {
        expected: `[batch, ${this.maps}, height, width]`,
        received: shapeText(shape),
      });
    }
    return super.dataShapeFrom(shape);
  }

  override extraRepr(): string {
    const changes = options.changes({ affine: this.affine });
    return [this.shown('maps'), `epsilon=${this.epsilon}`, ...changes].join(', ');
  }
}
