import { Module, transpose, type Variable } from '@tessera-nn/core';
import { fromFront, shapeText } from '@tessera-nn/core/internal';

/** What modules share that put two named axes elsewhere, whatever the rank. */
export abstract class OfAxes extends Module {
  /** The two axes, counted from the end where they are negative. */
  protected abstract readonly named: readonly [number, number];

  /** Which axis of the input comes where. */
  protected abstract order(first: number, second: number, rank: number): number[];

  #orderFor(shape: readonly number[]): number[] {
    const [first, second] = this.named.map((axis) => fromFront(axis, shape.length)) as [number, number];
    if (first in shape && second in shape) return this.order(first, second, shape.length);
    throw this.shapeError(`input ${shapeText(shape)} has no axes ${this.named.join(' and ')}`, {
      expected: 'both axes',
      received: shapeText(shape),
    });
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return this.#orderFor(shape).map((axis) => shape[axis]!);
  }

  protected override updateData(data: Variable): Variable {
    return transpose(data, this.#orderFor(data.shape));
  }

  override extraRepr(): string {
    return this.named.join(', ');
  }
}
