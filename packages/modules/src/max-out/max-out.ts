import {
  max,
  Module,
  named,
  option,
  optionsOf,
  reshape,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { fromFront, shapeText } from '@tessera-nn/core/internal';

const options = optionsOf('MaxOut', {
  /** How many neighbours make one result. */
  pieces: option.count,
  /** Counted from the end where negative. Default 1, the maps. */
  axis: option.whole.or(1),
  ...named,
});
export type MaxOutOptions = Given<typeof options>;

/**
 * The largest of every so many neighbours along an axis: y[i] = max x[i pieces + j] over j below `pieces`.
 *
 * dx is g at the largest of each piece and 0 elsewhere, shared where several are equal. Behind a layer of `pieces` times as
 * many outputs it is a convex function of its input that is learned.
 *
 * Shapes: `[batch, pieces maps, ...]` to `[batch, maps, ...]`. Source: Goodfellow et al. 2013; Paddle's `Maxout`, where `pieces` is called groups.
 *
 * @example
 * new MaxOut(2);
 * @throws ShapeError when the input has no such axis, or its size is not a multiple of `pieces`.
 */
export class MaxOut extends Module {
  static override readonly className = 'MaxOut';

  readonly pieces: number;
  readonly axis: number;

  constructor(...given: Arguments<[pieces: number, axis?: number, name?: string], MaxOutOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.pieces, this.axis] = [read.pieces, read.axis];
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const { pieces, axis } = this;
    const at = fromFront(axis, shape.length);
    const size = shape[at];
    if (size !== undefined && size % pieces === 0) {
      return shape.map((old, i) => (i === at ? size / pieces : old));
    }
    throw this.shapeError(`axis ${axis} of ${shapeText(shape)} does not fall into pieces of ${pieces}`, {
      expected: `an axis whose size is a multiple of ${pieces}`,
      received: size === undefined ? 'no such axis' : String(size),
    });
  }

  protected override updateData(data: Variable): Variable {
    const at = fromFront(this.axis, data.rank);
    const size = data.shape[at]!;
    const apart = [...data.shape.slice(0, at), size / this.pieces, this.pieces, ...data.shape.slice(at + 1)];
    return max(reshape(data, apart), at + 1);
  }

  override extraRepr(): string {
    return [String(this.pieces), ...options.changes({ axis: this.axis })].join(', ');
  }
}
