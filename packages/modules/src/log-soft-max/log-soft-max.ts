import { logSoftmax, type Variable } from '@tessera-nn/core';
import { OverAxis } from '../over-axis/over-axis.js';

/**
 * The logarithm of `SoftMax`, with all digits also where a share is too small for a float32.
 *
 * y = x - max x - ln sum e^(x - max x); dx = g - e^y sum g.
 *
 * Shapes: any with that axis to the same. Source: PyTorch's `LogSoftmax(dim)`.
 *
 * @example
 * new LogSoftMax();
 * @throws ShapeError when the input has no such axis.
 */
export class LogSoftMax extends OverAxis {
  static override readonly className = 'LogSoftMax';

  protected override updateData(data: Variable): Variable {
    return logSoftmax(data, this.axis);
  }
}

/** PyTorch's name of `LogSoftMax`; the axis is 1 unless given. */
export { LogSoftMax as LogSoftmax };
