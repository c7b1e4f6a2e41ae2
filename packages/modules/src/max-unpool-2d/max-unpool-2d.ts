import {
  Module,
  named,
  option,
  optionsOf,
  type Arguments,
  type Given,
  type Pair,
  type Variable,
} from '@tessera-nn/core';
import { sameShape, shapeText } from '@tessera-nn/core/internal';
import { MaxPool2D } from '../max-pool-2d/max-pool-2d.js';
import { maxUnpool } from '../max-pool-2d/index.js';
import { padOption, type Pad } from '../window/pad.js';
import { geometryOf, placesOf } from '../window/window.js';

const options = optionsOf('MaxUnpool2D', {
  /** Height and width of the window. Default 2. */
  size: option.pairFrom(1).or(2),
  /** Default 2. */
  stride: option.pairFrom(1).or(2),
  /** Places around the images; smaller than the window. Default 0. */
  pad: padOption.or(0),
  ...named,
});
export type MaxUnpool2DOptions = Given<typeof options>;

/**
 * The way back of a `MaxPool2D`: each value where the largest of its window was, zeros elsewhere; for decoders as SegNet's.
 *
 * It takes a list: what goes up, and the images that the pool saw, which say where. Where windows overlap, what meets at a
 * pixel is added (PuzzleLib and PyTorch: one of them stays). The gradient of what goes up is that of its pixel; the images
 * get none, for they only say where.
 *
 * Shapes: `[batch, maps, h, w]`, as `MaxPool2D` with the same window makes them, and `[batch, maps, height, width]`, to the
 * latter. Source: PuzzleLib's `MaxUnpool2D`, which is bound to a pool and looks at its last input; PyTorch's `MaxUnpool2d`,
 * which takes indices. Here nothing is remembered between calls.
 *
 * @example
 * const pooled = new MaxPool2D().forward(images);
 * new MaxUnpool2D().forward([pooled, images]);
 * @throws ShapeError when there are not two inputs, or the first is not what the pool makes of the second.
 */
export class MaxUnpool2D extends Module<Variable[], Variable> {
  static override readonly className = 'MaxUnpool2D';

  /** The pool that this is the way back of. */
  readonly #pool: MaxPool2D;

  constructor(...given: Arguments<[size?: Pair, stride?: Pair, pad?: Pad, name?: string], MaxUnpool2DOptions>) {
    const read = options.arguments(given);
    super(read, read);
    const { size, stride, pad, name } = read;
    this.#pool = new MaxPool2D({ size, stride, pad, name });
  }

  override get takes(): 'list' {
    return 'list';
  }

  override dataShapeFrom(shapes: readonly (readonly number[])[]): number[] {
    const [pooled, images] = shapes;
    if (!pooled || !images || shapes.length > 2) {
      throw this.shapeError('it takes what goes up, and the images that the pool saw', {
        expected: 'a list of 2',
        received: `a list of ${shapes.length}`,
      });
    }
    const fit = images.length === 4 ? placesOf(images.slice(2), this.#pool.window) : undefined;
    const expected = fit && [...images.slice(0, 2), ...fit.map(({ places }) => places)];
    if (!expected || !sameShape(pooled, expected)) {
      throw this.shapeError(`${shapeText(pooled)} is not what the pool makes of ${shapeText(images)}`, {
        expected: expected ? shapeText(expected) : 'images of [batch, maps, height, width] that hold the window',
        received: shapeText(pooled),
      });
    }
    return [...images];
  }

  protected override updateData([pooled, images]: readonly Variable[]): Variable {
    const [rows, columns] = placesOf(images!.shape.slice(2), this.#pool.window)!;
    return maxUnpool(pooled!, images!, geometryOf(rows!, columns!));
  }

  override extraRepr(): string {
    return this.#pool.extraRepr();
  }
}
