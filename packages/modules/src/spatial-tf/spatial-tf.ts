import { Module, named, option, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { throughGrid } from './spatial-tf.op.js';

type Size = readonly [maps: number, height: number, width: number];

const options = optionsOf('SpatialTf', {
  /** [maps, height, width] of the result; the maps are those of the input. Default: the shape of the input. */
  shape: option
    .kind<Size>(
      'three whole numbers from 1',
      (value) =>
        Array.isArray(value) && value.length === 3 && value.every((size) => Number.isInteger(size) && size >= 1),
    )
    .or(null),
  ...named,
});
export type SpatialTfOptions = Given<typeof options>;

/**
 * Turns, moves and scales images, by six numbers for each that another part of the network finds: the second input.
 *
 * The place (u, v) = theta (x, y, 1) of the image is seen at the place (x, y) of the result, all of them from -1, the middle of
 * the first pixel, to 1, that of the last. Between pixels y is the mean of the four around, by how near they are, outside 0.
 * dx goes back to these four; dtheta = the sum over all places of (du, dv) (x, y, 1)^T, with du and dv from the differences of
 * neighbours, 0 beyond the border.
 *
 * Shapes: a list of `[batch, maps, height, width]` and `[batch, 2, 3]` to `[batch, ...shape]`. Source: Jaderberg et al. 2015;
 * PuzzleLib's `SpatialTf`; PyTorch's `affine_grid` and `grid_sample` with `align_corners=True`.
 *
 * @example
 * new SpatialTf([1, 28, 28]);
 * @throws ShapeError when the inputs are not images and as many matrices, or the maps are others.
 */
export class SpatialTf extends Module<readonly Variable[], Variable> {
  static override readonly className = 'SpatialTf';

  readonly shape: Size | null;

  constructor(...given: Arguments<[shape?: Size | null, name?: string], SpatialTfOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.shape = read.shape;
  }

  override get takes() {
    return 'list' as const;
  }

  override dataShapeFrom(shapes: readonly (readonly number[])[]): number[] {
    const [images = [], theta = []] = shapes;
    const { shape } = this;
    const [batch, maps] = images;
    const fits = shapes.length === 2 && images.length === 4 && theta.join() === [batch, 2, 3].join();
    if (fits && (shape === null || shape[0] === maps)) return shape ? [batch!, ...shape] : [...images];
    throw this.shapeError('the inputs do not fit', {
      expected: `[batch, ${shape ? shape[0] : 'maps'}, height, width] and [batch, 2, 3]`,
      received: shapes.map(shapeText).join(' and ') || 'an empty list',
    });
  }

  protected override updateData(data: readonly Variable[]): Variable {
    const [images, theta] = data as readonly [Variable, Variable];
    const [height, width] = (this.shape ?? images.shape.slice(1)).slice(1) as [number, number];
    return throughGrid(images, theta, height, width);
  }

  override extraRepr(): string {
    return this.shape ? shapeText(this.shape) : '';
  }
}
