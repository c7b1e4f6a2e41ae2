import { formula as f, option, optionsOf, type Given } from '@tessera-nn/kernels';
import { compound } from '../memory/frame.js';
import type { Variable } from '../variable/variable.js';
import { mul } from './arithmetic.js';
import { elementwiseOp } from './elementwise-op.js';
import { max } from './extremes-over.js';
import { abs, pow } from './functions.js';
import { sum } from './reduce.js';
import { root } from './statistics.js';

const rootOp = elementwiseOp<'p'>({
  name: 'RootOf',
  params: ['p'],
  value: ({ x, p }) => f.pow(x, f.div(1, p)),
  slope: ({ y, p }) => f.select(f.eq(y, 0), 0, f.div(f.pow(y, f.sub(1, p)), p)),
});

const options = optionsOf('norm', {
  /** (sum |x|^p)^(1 / p) is computed; Infinity for the largest |x|. Default 2. */
  p: option.kind<number>('a number above 0, or Infinity', (p) => typeof p === 'number' && p > 0).or(2),
  /** Whether the axes stay with size 1. Default false. */
  keepDims: option.flag.or(false),
});
export type NormOptions = Given<typeof options>;

/**
 * The length over the given axes (negative ones count from the end), or over all: (sum |x|^p)^(1 / p), with p = 2 unless
 * said otherwise. No gradient comes from where it is 0.
 *
 * Source: `torch.linalg.vector_norm`.
 * @throws ShapeError when an axis is outside or comes twice.
 * @throws ValueError when p is not above 0.
 */
export function norm(x: Variable, axes?: number | readonly number[], given: NormOptions = {}): Variable {
  const { p, keepDims } = options.read(given);
  return compound(() => {
    if (p === 1) return sum(abs(x), axes, keepDims);
    if (p === 2) return root(sum(mul(x, x), axes, keepDims));
    if (p === Infinity) return max(abs(x), axes, keepDims);
    return rootOp(sum(pow(abs(x), p), axes, keepDims), { p });
  });
}
