import {
  Module,
  named,
  option,
  optionsOf,
  reshape,
  transpose,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { fromFront, shapeText } from '@tessera-nn/core/internal';
import { largest } from './k-max-pool.op.js';

const options = optionsOf('KMaxPool', {
  /** How many are kept. */
  topk: option.count,
  /** Along which axis; negative axes count from the end. */
  axis: option.whole,
  ...named,
});
export type KMaxPoolOptions = Given<typeof options>;

/**
 * The `topk` largest values along an axis, in ascending order; of equals those that come first. The gradient goes to what was
 * kept.
 *
 * Shapes: `[..., length, ...]` to `[..., topk, ...]`. Source: PuzzleLib's `KMaxPool`; Kalchbrenner et al. 2014 (who keep the
 * order of the input).
 *
 * @example
 * new KMaxPool({ topk: 3, axis: 2 });
 * @throws ShapeError when there is no such axis, or it is shorter than `topk`.
 */
export class KMaxPool extends Module {
  static override readonly className = 'KMaxPool';

  readonly topk: number;
  readonly axis: number;

  constructor(...given: Arguments<[topk: number, axis: number, name?: string], KMaxPoolOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.topk, this.axis] = [read.topk, read.axis];
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const at = fromFront(this.axis, shape.length);
    if (shape[at] === undefined || shape[at] < this.topk) {
      throw this.shapeError(`input ${shapeText(shape)} has no ${this.topk} values along axis ${this.axis}`, {
        expected: `an axis ${this.axis} of ${this.topk} or more`,
        received: shapeText(shape),
      });
    }
    return shape.map((length, axis) => (axis === at ? this.topk : length));
  }

  protected override updateData(data: Variable): Variable {
    const at = fromFront(this.axis, data.rank);
    const others = [...data.shape.keys()].filter((axis) => axis !== at);
    const order = [...others, at];
    const rows = reshape(transpose(data, order), [-1, data.shape[at]!]);
    const kept = reshape(largest(rows, this.topk), [...others.map((axis) => data.shape[axis]!), this.topk]);
    return transpose(
      kept,
      order.map((_, axis) => order.indexOf(axis)),
    );
  }

  override extraRepr(): string {
    return `${this.topk}, axis=${this.axis}`;
  }
}
