import { broadcastingOp, split, type Variable } from '@tessera-nn/core';
import { fromFront, shapeText } from '@tessera-nn/core/internal';
import { formula as f } from '@tessera-nn/kernels';
import { OverAxis } from '../over-axis/over-axis.js';

const gate = broadcastingOp({ name: 'Glu', inputs: ['a', 'b'], value: ({ a, b }) => f.mul(a, f.sigmoid(b)) });

/**
 * Gated linear unit: the first half along an axis, the maps unless another is named, times how open the second half is.
 *
 * y = a s, s = sigmoid b, for the halves a and b; da = g s, db = g a s (1 - s). Behind a layer of twice as many maps, for
 * sequences and images where a rectifier loses too much.
 *
 * Shapes: `[batch, 2 maps, ...]` to `[batch, maps, ...]`. Source: Dauphin et al. 2016; PyTorch's `GLU`, whose axis is the last
 * unless given.
 *
 * @example
 * new Glu();
 * @throws ShapeError when the input has no such axis, or one of an odd size.
 */
export class Glu extends OverAxis {
  static override readonly className = 'Glu';

  override get gradUsesOutData(): boolean {
    return false;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const halved = super.dataShapeFrom(shape);
    const at = fromFront(this.axis, shape.length);
    halved[at]! /= 2;
    if (Number.isInteger(halved[at])) return halved;
    throw this.shapeError(`input ${shapeText(shape)} has no halves along axis ${this.axis}`, {
      expected: 'an even size of that axis',
      received: String(shape[at]),
    });
  }

  protected override updateData(data: Variable): Variable {
    const half = data.shape.at(this.axis)! / 2;
    const [a, b] = split(data, [half, half], this.axis) as [Variable, Variable];
    return gate({ a, b });
  }
}

/** PyTorch's name of `Glu`; the axis is 1 unless given. */
export { Glu as GLU };
