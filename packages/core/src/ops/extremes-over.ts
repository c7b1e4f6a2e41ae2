import { checkVariables } from '../variable/new-variable.js';
import { argExtremeTensor, extremeTensor, ShapeError, shapeText } from '@tessera-nn/kernels';
import { defineOp } from '../autograd/op.js';
import { compound } from '../memory/frame.js';
import type { Variable } from '../variable/variable.js';
import { div } from './arithmetic.js';
import { equal, logicalNot, logicalOr } from './comparisons.js';
import { constant } from './constant.js';
import { normalizeAxes, sum, withoutAxes } from './reduce.js';
import { reshape } from './shape.js';
import { where } from './where.js';

interface ExtremeAttrs {
  axes: readonly number[];
  isLeast: boolean;
}

/** Keeps its axes with size 1, so that the result stays in its input's layout. */
const extremeOp = defineOp({
  name: 'extreme',
  inputs: ['x'],
  saves: ['x', 'result'],
  layout: 'any',
  forward: ({ x }, { axes, isLeast }: ExtremeAttrs, { channelAxis }) =>
    extremeTensor(
      x,
      axes.map(channelAxis).sort((a, b) => a - b),
      isLeast,
    ),
  gradients: (g, { x, result }, { axes }) => ({
    x: () => {
      const wins = logicalOr(equal(x, result), logicalNot(equal(x, x))); // NaN equals nothing, itself neither
      return where(wins, div(g, sum(wins, axes, true)), constant(0, x));
    },
  }),
});

function extreme(
  name: string,
  isLeast: boolean,
): (x: Variable, axes?: number | readonly number[], keepDims?: boolean) => Variable {
  return (x, axes, keepDims = false) => {
    checkVariables([x], name);
    const chosen = normalizeAxes(axes, x.shape.length);
    checkFilled(name, x, chosen);
    return compound(() => {
      const found = extremeOp({ x }, { axes: chosen, isLeast });
      return keepDims ? found : withoutAxes(found, chosen);
    });
  };
}

const argOp = defineOp({
  name: 'argExtreme',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, { axis, isLeast }: { axis: number; isLeast: boolean }, { channelAxis }) =>
    argExtremeTensor(x, channelAxis(axis), isLeast),
  gradients: () => ({ x: null }),
});

function argExtreme(name: string, isLeast: boolean): (x: Variable, axis?: number, keepDims?: boolean) => Variable {
  return (x, axis, keepDims = false) =>
    compound(() => {
      checkVariables([x], name);
      const { rank } = x;
      const whole = axis === undefined ? reshape(x, [-1]) : x;
      const [at] = normalizeAxes(axis ?? 0, whole.rank);
      checkFilled(name, whole, [at!]);
      const found = argOp({ x: whole }, { axis: at!, isLeast });
      if (axis !== undefined) return keepDims ? found : withoutAxes(found, [at!]);
      return reshape(found, keepDims ? new Array<number>(rank).fill(1) : []);
    });
}

function checkFilled(name: string, { shape }: Variable, axes: readonly number[]): void {
  if (axes.every((axis) => shape[axis] !== 0)) return;
  throw new ShapeError(`${name}: there is nothing to choose from`, {
    expected: 'axes of at least one element',
    received: `${shapeText(shape)} over [${axes.join(', ')}]`,
  });
}

/**
 * The largest value over the given axes (negative ones count from the end), or over all; NaN where there is one. Where
 * several are the largest, or NaN, they share the gradient evenly.
 *
 * Shapes: the axes go, or stay with size 1 where `keepDims`. Source: `torch.amax`; `torch.max` over one axis picks one.
 * @throws ShapeError when an axis is outside, comes twice, or is of size 0.
 */
export const max = extreme('max', false);

/**
 * The smallest value over the given axes, or over all, as `max`.
 *
 * Source: `torch.amin`.
 * @throws ShapeError when an axis is outside, comes twice, or is of size 0.
 */
export const min = extreme('min', true);

/**
 * Where the largest value lies along an axis, or in all values one behind the other, as int32: the first of several; NaN
 * counts as the largest. No gradient comes from it.
 *
 * Source: `torch.argmax`.
 * @throws ShapeError when the axis is outside or of size 0.
 */
export const argmax = argExtreme('argmax', false);

/**
 * Where the smallest value lies, as `argmax`; NaN counts as the smallest.
 *
 * Source: `torch.argmin`.
 * @throws ShapeError when the axis is outside or of size 0.
 */
export const argmin = argExtreme('argmin', true);
