import { checkVariables } from '../variable/new-variable.js';
import { formula as f, option, optionsOf, sizeOf, type Given } from '@tessera-nn/kernels';
import { compound } from '../memory/frame.js';
import type { Variable } from '../variable/variable.js';
import { scale } from './affine.js';
import { mul, sub } from './arithmetic.js';
import { elementwiseOp } from './elementwise-op.js';
import { mean, normalizeAxes, sum } from './reduce.js';

type Axes = number | readonly number[];

const rootOp = elementwiseOp({
  name: 'Root',
  value: ({ x }) => f.sqrt(x),
  slope: ({ y }) => f.select(f.eq(y, 0), 0, f.div(0.5, y)),
});

/** The square root with slope 0 at 0, where what it is the length of has no direction. */
export const root = (x: Variable): Variable => rootOp(x, {});

const options = optionsOf('variance', {
  /** What is subtracted from the count. Default 1; 0 for the biased variance. */
  correction: option.number.or(1),
  /** Whether the axes stay with size 1. Default false. */
  keepDims: option.flag.or(false),
});
export type VarianceOptions = Given<typeof options>;

/**
 * The variance over the given axes (negative ones count from the end), or over all: sum (x - mean)^2 / (n - correction).
 * NaN of a single value, unless `correction` is 0.
 *
 * Source: `torch.var`.
 * @throws ShapeError when an axis is outside or comes twice.
 */
export function variance(x: Variable, axes?: Axes, given: VarianceOptions = {}): Variable {
  checkVariables([x], 'variance');
  const { correction, keepDims } = options.read(given);
  const count = sizeOf(normalizeAxes(axes, x.rank).map((axis) => x.shape[axis]!));
  return compound(() => {
    const away = sub(x, mean(x, axes, true));
    return scale(sum(mul(away, away), axes, keepDims), 1 / Math.max(0, count - correction));
  });
}

/**
 * The standard deviation, the root of `variance`; no gradient goes through it where it is 0.
 *
 * Source: `torch.std`.
 * @throws ShapeError when an axis is outside or comes twice.
 */
export const std = (x: Variable, axes?: Axes, given: VarianceOptions = {}): Variable =>
  compound(() => root(variance(x, axes, given)));
