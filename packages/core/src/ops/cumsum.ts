import { checkVariables } from '../variable/new-variable.js';
import { checkNumber } from '@tessera-nn/kernels/internal';
import { cumulativeSum } from '@tessera-nn/kernels';
import { defineOp, type Op } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { normalizeAxes } from './reduce.js';

const cumsumOp: Op<'x', { axis: number; reverse: boolean }> = defineOp({
  name: 'cumsum',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, { axis, reverse }: { axis: number; reverse: boolean }, { channelAxis }) =>
    cumulativeSum(x, channelAxis(axis), reverse),
  gradients: (g, _saved, { axis, reverse }) => ({ x: () => cumsumOp({ x: g }, { axis, reverse: !reverse }) }),
});

/**
 * The sum of all values up to each one along an axis: y_i = x_0 + ... + x_i.
 *
 * Source: `torch.cumsum`.
 * @throws ShapeError when there is no such axis.
 */
export function cumsum(x: Variable, axis: number): Variable {
  checkVariables([x], 'cumsum');
  checkNumber(axis, 'cumsum', 'an axis');
  return cumsumOp({ x }, { axis: normalizeAxes(axis, x.rank)[0]!, reverse: false });
}
