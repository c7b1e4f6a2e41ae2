import { checkVariables } from '../variable/new-variable.js';
import { compound } from '../memory/frame.js';
import type { Variable } from '../variable/variable.js';
import { add, sub } from './arithmetic.js';
import { constant } from './constant.js';
import { clip } from './extremes.js';
import { max } from './extremes-over.js';
import { exp, log } from './functions.js';
import { normalizeAxes, sum, withoutAxes } from './reduce.js';

/** What float32 reaches to. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/**
 * ln sum e^x over the given axes (negative ones count from the end), or over all, from x - max x, so that nothing
 * overflows. -Infinity of nothing.
 *
 * Source: `torch.logsumexp`.
 * @throws ShapeError when an axis is outside or comes twice.
 */
export function logSumExp(x: Variable, axes?: number | readonly number[], keepDims = false): Variable {
  checkVariables([x], 'logSumExp');
  const chosen = normalizeAxes(axes, x.rank);
  const isEmpty = chosen.some((axis) => x.shape[axis] === 0);
  return compound(() => {
    const largest = isEmpty ? constant(0, x) : clip(max(x.detach(), chosen, true), -LARGEST, LARGEST);
    const total = add(log(sum(exp(sub(x, largest)), chosen, true)), largest);
    return keepDims ? total : withoutAxes(total, chosen);
  });
}
