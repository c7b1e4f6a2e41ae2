import { Module, named, option, optionsOf, reshape, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { shapeText, sizeOf } from '@tessera-nn/core/internal';

const options = optionsOf('Reshape', {
  /** The sizes of the result, batch included: 0 is the size that this axis has, -1, once at most, whatever is left. */
  shape: option.listOf(option.wholeFrom(-1), 'sizes, 0 for as before and -1 for the rest'),
  ...named,
});
export type ReshapeOptions = Given<typeof options>;

/**
 * The same values in another shape, in logical order; so is the gradient.
 *
 * Shapes: any to `shape`, as in `[0, 16, 7, -1]` for as many samples as came. Source: PuzzleLib's `Reshape`.
 *
 * @example
 * new Reshape([0, 16, 7, 7]); // behind a Linear with 784 outputs
 * @throws ShapeError when the count of values is another.
 */
export class Reshape extends Module {
  static override readonly className = 'Reshape';

  readonly shape: readonly number[];

  constructor(...given: Arguments<[shape: readonly number[], name?: string], ReshapeOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.shape = read.shape;
  }

  override get movesData(): boolean {
    return true;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const size = sizeOf(shape);
    const known = this.shape.map((length, axis) => (length === 0 ? (shape[axis] ?? 0) : length));
    const left = size / sizeOf(known.filter((length) => length !== -1));
    const result = known.map((length) => (length === -1 ? left : length));
    if (sizeOf(result) === size && result.every(Number.isInteger)) return result;
    throw this.shapeError(`input ${shapeText(shape)} has ${size} values`, {
      expected: `as many as ${shapeText(this.shape)} takes`,
      received: shapeText(shape),
      hint: '0 stands for the size that an axis has, -1 for the rest',
    });
  }

  protected override updateData(data: Variable): Variable {
    return reshape(data, this.dataShapeFrom(data.shape));
  }

  override extraRepr(): string {
    return shapeText(this.shape);
  }
}
