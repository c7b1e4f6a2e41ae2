import {
  Module,
  named,
  option,
  optionsOf,
  transpose,
  ValueError,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';

const options = optionsOf('Transpose', {
  /** Which axis of the input comes where, the batch being 0; each once. Default: all in reverse. */
  axes: option.listOf(option.wholeFrom(0), 'axes').or(null),
  ...named,
});
export type TransposeOptions = Given<typeof options>;

/**
 * The axes in another order: axis i of the result is axis `axes[i]` of the input. The gradient goes back the same way.
 *
 * Shapes: `[s0, s1, ...]` to `[s(axes[0]), s(axes[1]), ...]`. Source: PuzzleLib's `Transpose`; Keras' `Permute`, which leaves
 * the batch out.
 *
 * @example
 * new Transpose([0, 2, 1]);
 * @throws ValueError when an axis is missing or there twice; ShapeError for an input of another rank.
 */
export class Transpose extends Module {
  static override readonly className = 'Transpose';

  readonly axes: readonly number[] | null;

  constructor(...given: Arguments<[axes?: readonly number[] | null, name?: string], TransposeOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.axes = read.axes;
    if (this.axes && [...this.axes].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
      throw new ValueError(`${this.label}: the axes are not an order`, {
        path: this.path,
        expected: `each from 0 to ${this.axes.length - 1} once`,
        received: shapeText(this.axes),
      });
    }
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const axes = this.axes ?? [...shape.keys()].reverse();
    if (axes.length === shape.length) return axes.map((axis) => shape[axis]!);
    throw this.shapeError(`input ${shapeText(shape)} has ${shape.length} axes`, {
      expected: `${axes.length} axes`,
      received: shapeText(shape),
    });
  }

  protected override updateData(data: Variable): Variable {
    return transpose(data, this.axes ?? undefined);
  }

  override extraRepr(): string {
    return this.axes ? shapeText(this.axes) : '';
  }
}
