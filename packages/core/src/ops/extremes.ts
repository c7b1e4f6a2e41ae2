import { formula as f, type Formula } from '@tessera-nn/kernels';
import type { Variable } from '../variable/variable.js';
import { broadcastingOp } from './broadcasting-op.js';
import { constant } from './constant.js';
import { elementwiseOp } from './elementwise-op.js';

/** Where both are equal, half of each: the value is the same, and each gets half of the gradient. */
const shared = (a: Formula, b: Formula, differ: Formula): Formula =>
  f.select(f.eq(a, b), f.add(f.mul(0.5, a), f.mul(0.5, b)), differ);

const maximumOp = broadcastingOp({
  name: 'Maximum',
  inputs: ['a', 'b'],
  value: ({ a, b }) => shared(a, b, f.max(a, b)),
});

const minimumOp = broadcastingOp({
  name: 'Minimum',
  inputs: ['a', 'b'],
  value: ({ a, b }) => shared(a, b, f.min(a, b)),
});

const operand = (b: Variable | number, a: Variable): Variable => (typeof b === 'number' ? constant(b, a) : b);

/**
 * The larger of two, broadcast; NaN where either is. Where they are equal, each gets half of the gradient.
 *
 * Source: `torch.maximum`.
 * @throws ShapeError when the shapes do not broadcast.
 */
export const maximum = (a: Variable, b: Variable | number): Variable => maximumOp({ a, b: operand(b, a) });

/**
 * The smaller of two, broadcast; NaN where either is. Where they are equal, each gets half of the gradient.
 *
 * Source: `torch.minimum`.
 * @throws ShapeError when the shapes do not broadcast.
 */
export const minimum = (a: Variable, b: Variable | number): Variable => minimumOp({ a, b: operand(b, a) });

const clipOp = elementwiseOp<'low' | 'high'>({
  name: 'ClipTo',
  params: ['low', 'high'],
  value: ({ x, low, high }) => {
    const raised = f.select(f.lt(x, low), low, x);
    return f.select(f.gt(raised, high), high, raised);
  },
});

/**
 * No less than `low` and no more than `high`, which wins where it is below. What lies on a bound passes its gradient on,
 * what lies beyond does not; NaN stays.
 *
 * Source: `torch.clamp`.
 */
export const clip = (x: Variable, low = -Infinity, high = Infinity): Variable => clipOp(x, { low, high });
