import {
  einsum,
  Module,
  named,
  option,
  optionsOf,
  reshape,
  sum,
  type Data,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { fromFront, isShapeList, sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';
import type { Shapes } from '@tessera-nn/core';

const options = optionsOf('Sum', {
  /** Which axis, the batch being 0; counted from the end where it is negative. */
  axis: option.whole,
  /** Whether the input is a list of the summands and their weights. Default true. */
  useWeights: option.flag.or(true),
  ...named,
});
export type SumOptions = Given<typeof options>;

/**
 * The sum along an axis, weighted or not: y = sum over k of w[..., k] x[..., k, ...].
 *
 * dx[..., k, ...] = w[..., k] g, dw[..., k] = the sum of g x[..., k, ...] over the axes behind; without weights dx = g.
 *
 * Shapes: a list of `[batch, ..., n, ...]` and the weights `[batch, ..., n]`, which have the axes up to the one that is
 * summed over, to `[batch, ..., ...]` without it; without weights one input. Source: PuzzleLib's `Sum`.
 *
 * @example
 * new Sum({ axis: 1, useWeights: false });
 * @throws ShapeError when there is no such axis, or the weights do not fit.
 */
export class Sum extends Module<Data, Variable> {
  static override readonly className = 'Sum';

  readonly axis: number;
  readonly useWeights: boolean;

  constructor(...given: Arguments<[axis: number, useWeights?: boolean, name?: string], SumOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.axis, this.useWeights] = [read.axis, read.useWeights];
  }

  override get takes() {
    return this.useWeights ? 'list' : 'variable';
  }

  override dataShapeFrom(given: Shapes): number[] {
    const [shape = [], ...weights] = (isShapeList(given) ? given : [given]) as (readonly number[])[];
    const at = fromFront(this.axis, shape.length);
    const fits = this.useWeights ? weights.length === 1 && sameShape(weights[0], shape.slice(0, at + 1)) : true;
    if (at in shape && fits) return shape.filter((_, axis) => axis !== at);
    throw this.shapeError(at in shape ? 'the weights do not fit' : `there is no axis ${this.axis}`, {
      expected: at in shape ? `${shapeText(shape)} and ${shapeText(shape.slice(0, at + 1))}` : 'an axis of the input',
      received: [shape, ...weights].map(shapeText).join(' and '),
    });
  }

  protected override updateData(data: Data): Variable {
    if (!this.useWeights) return sum(data as Variable, this.axis);
    const [x, w] = data as readonly [Variable, Variable];
    const at = w.rank - 1;
    const [outer, count] = [sizeOf(w.shape.slice(0, at)), w.shape[at]!];
    const y = einsum('ok,oki->oi', reshape(w, [outer, count]), reshape(x, [outer, count, -1]));
    return reshape(y, this.dataShapeFrom([x.shape, w.shape]));
  }

  override extraRepr(): string {
    return [`axis=${this.axis}`, ...options.changes({ useWeights: this.useWeights })].join(', ');
  }
}
