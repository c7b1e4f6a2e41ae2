import { Module, named, option, optionsOf, tile, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { fromFront, shapeText } from '@tessera-nn/core/internal';

const options = optionsOf('Tile', {
  /** Which axis, the batch being 0; counted from the end where it is negative. */
  axis: option.whole,
  /** How often. */
  times: option.count,
  ...named,
});
export type TileOptions = Given<typeof options>;

/**
 * The whole several times along an axis, one behind the other; dx = the sum of g over the copies.
 *
 * Shapes: `[..., n, ...]` to `[..., n times, ...]`. Source: PuzzleLib's `Tile`.
 *
 * @example
 * new Tile(1, 3); // gray images with three maps
 * @throws ShapeError when the input has no such axis.
 */
export class Tile extends Module {
  static override readonly className = 'Tile';

  readonly axis: number;
  readonly times: number;

  constructor(...given: Arguments<[axis: number, times: number, name?: string], TileOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.axis, this.times] = [read.axis, read.times];
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const at = fromFront(this.axis, shape.length);
    if (at in shape) return shape.map((size, axis) => (axis === at ? size * this.times : size));
    throw this.shapeError(`input ${shapeText(shape)} has no axis ${this.axis}`, {
      expected: 'that axis',
      received: shapeText(shape),
    });
  }

  protected override updateData(data: Variable): Variable {
    const at = fromFront(this.axis, data.rank);
    return tile(
      data,
      data.shape.map((_, axis) => (axis === at ? this.times : 1)),
    );
  }

  override extraRepr(): string {
    return `axis=${this.axis}, times=${this.times}`;
  }
}
