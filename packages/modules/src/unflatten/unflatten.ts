import { Module, named, option, optionsOf, reshape, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { fromFront, shapeText, sizeOf } from '@tessera-nn/core/internal';

const options = optionsOf('Unflatten', {
  /** Which axis is parted, the batch being 0; counted from the end where it is negative. */
  axis: option.whole,
  /** The sizes of the axes in its place; -1, once at most, is whatever is left. */
  sizes: option.listOf(option.wholeFrom(-1), 'sizes, and -1 for the rest', 1),
  ...named,
});
export type UnflattenOptions = Given<typeof options>;

/**
 * One axis as several, in the order of their values; so is the gradient. The other way than `Flatten`.
 *
 * Shapes: `[..., n, ...]` to `[..., ...sizes, ...]`, of which n is the product. Source: PyTorch's `Unflatten`.
 *
 * @example
 * new Unflatten(1, [16, 7, 7]); // images, behind a Linear with 784 outputs
 * @throws ShapeError when there is no such axis, or it does not fall into such sizes.
 */
export class Unflatten extends Module {
  static override readonly className = 'Unflatten';

  readonly axis: number;
  readonly sizes: readonly number[];

  constructor(...given: Arguments<[axis: number, sizes: readonly number[], name?: string], UnflattenOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.axis, this.sizes] = [read.axis, read.sizes];
  }

  override get movesData(): boolean {
    return true;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const at = fromFront(this.axis, shape.length);
    const size = shape[at] ?? 0;
    const left = size / sizeOf(this.sizes.filter((length) => length !== -1));
    const sizes = this.sizes.map((length) => (length === -1 ? left : length));
    if (at in shape && sizeOf(sizes) === size && sizes.every(Number.isInteger)) {
      return [...shape.slice(0, at), ...sizes, ...shape.slice(at + 1)];
    }
    throw this.shapeError(`axis ${this.axis} of ${shapeText(shape)} does not fall into ${shapeText(this.sizes)}`, {
      expected: `an axis of as many places as ${shapeText(this.sizes)}`,
      received: at in shape ? String(size) : 'no such axis',
    });
  }

  protected override updateData(data: Variable): Variable {
    return reshape(data, this.dataShapeFrom(data.shape));
  }

  override extraRepr(): string {
    return `${this.axis}, ${shapeText(this.sizes)}`;
  }
}
