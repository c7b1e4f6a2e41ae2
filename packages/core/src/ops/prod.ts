import { checkVariables } from '../variable/new-variable.js';
import { sizeOf } from '@tessera-nn/kernels';
import { compound } from '../memory/frame.js';
import type { Variable } from '../variable/variable.js';
import { mul } from './arithmetic.js';
import { concat } from './concat.js';
import { exp } from './functions.js';
import { normalizeAxes, sum } from './reduce.js';
import { reshape, slice, transpose } from './shape.js';

/**
 * The product over the given axes (negative ones count from the end), or over all. Halves are multiplied by halves, so
 * that gradients of any order are right where factors are 0. 1 of nothing.
 *
 * Source: `torch.prod`.
 * @throws ShapeError when an axis is outside or comes twice.
 */
export function prod(x: Variable, axes?: number | readonly number[], keepDims = false): Variable {
  checkVariables([x], 'prod');
  const chosen = normalizeAxes(axes, x.rank);
  const others = [...x.shape.keys()].filter((axis) => !chosen.includes(axis));
  const kept = others.map((axis) => x.shape[axis]!);
  const shape = keepDims ? x.shape.map((size, axis) => (chosen.includes(axis) ? 1 : size)) : kept;
  return compound(() => {
    let count = sizeOf(chosen.map((axis) => x.shape[axis]!));
    if (count === 0) return reshape(exp(sum(x, chosen)), shape); // e^0
    let factors = reshape(transpose(x, [...chosen, ...others]), [count, sizeOf(kept)]);
    while (count > 1) {
      const half = Math.floor(count / 2);
      const pairs = mul(slice(factors, [0, 0], [half, -1]), slice(factors, [half, 0], [half, -1]));
      factors = count % 2 === 0 ? pairs : concat([pairs, slice(factors, [count - 1, 0], [1, -1])]);
      count = half + (count % 2);
    }
    return reshape(factors, shape);
  });
}
