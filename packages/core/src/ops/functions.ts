import { formula as f } from '@tessera-nn/kernels';
import type { Variable } from '../variable/variable.js';
import { broadcastingOp } from './broadcasting-op.js';
import { elementwiseOp } from './elementwise-op.js';

const { div, le, max, mul, select, sub, add } = f;

const powOp = elementwiseOp<'exponent'>({
  name: 'Pow',
  params: ['exponent'],
  value: ({ x, exponent }) => f.pow(x, exponent),
});

/** Powers that are products and roots: each its own function, exact, where a general power costs digits and time. */
const exactPowers = new Map<number, (x: Variable) => Variable>();

const powerOp = broadcastingOp({ name: 'Power', inputs: ['x', 'exponent'], value: (v) => f.pow(v.x, v.exponent) });

/**
 * x to the power of a number, or of a Variable, broadcast.
 *
 * @throws ShapeError when the shapes do not broadcast.
 */
export function pow(x: Variable, exponent: number | Variable): Variable {
  if (typeof exponent !== 'number') return powerOp({ x, exponent });
  if (exponent === 0 || !f.isExactPower(exponent)) return powOp(x, { exponent });
  let power = exactPowers.get(exponent);
  if (!power) {
    const op = elementwiseOp({ name: `Pow ${exponent}`, value: ({ x }) => f.pow(x, exponent) });
    exactPowers.set(exponent, (power = (base) => op(base, {})));
  }
  return power(x);
}

const expOp = elementwiseOp({ name: 'Exp', value: ({ x }) => f.exp(x), slope: ({ y }) => y });

/** e to the power of x. */
export const exp = (x: Variable): Variable => expOp(x, {});

const logOp = elementwiseOp({ name: 'Log', value: ({ x }) => f.log(x) });

/** The natural logarithm. */
export const log = (x: Variable): Variable => logOp(x, {});

const sqrtOp = elementwiseOp({ name: 'Sqrt', value: ({ x }) => f.sqrt(x), slope: ({ y }) => div(0.5, y) });

/** The square root. */
export const sqrt = (x: Variable): Variable => sqrtOp(x, {});

const absOp = elementwiseOp({ name: 'Abs', value: ({ x }) => f.abs(x) });

/** |x|; the subgradient at 0 is 0. */
export const abs = (x: Variable): Variable => absOp(x, {});

const sigmoidOp = elementwiseOp({
  name: 'Sigmoid',
  value: ({ x }) => f.sigmoid(x),
  slope: ({ y }) => mul(y, sub(1, y)),
});

/** 1 / (1 + e^-x). */
export const sigmoid = (x: Variable): Variable => sigmoidOp(x, {});

const tanhOp = elementwiseOp({
  name: 'Tanh',
  value: ({ x }) => f.tanh(x),
  slope: ({ y }) => mul(sub(1, y), add(1, y)),
});

/** The hyperbolic tangent. */
export const tanh = (x: Variable): Variable => tanhOp(x, {});

const reluOp = elementwiseOp({ name: 'Relu', value: ({ x }) => max(x, 0), slope: ({ y }) => select(le(y, 0), 0, 1) });

/** max(x, 0); the subgradient at 0 is 0. */
export const relu = (x: Variable): Variable => reluOp(x, {});

const sinOp = elementwiseOp({ name: 'Sin', value: ({ x }) => f.sin(x) });

/** The sine, of radians. */
export const sin = (x: Variable): Variable => sinOp(x, {});

const cosOp = elementwiseOp({ name: 'Cos', value: ({ x }) => f.cos(x) });

/** The cosine, of radians. */
export const cos = (x: Variable): Variable => cosOp(x, {});

const erfOp = elementwiseOp({ name: 'Erf', value: ({ x }) => f.erf(x) });

/** The error function: the integral of 2 e^(-t^2) / sqrt(pi) from 0 to x. */
export const erf = (x: Variable): Variable => erfOp(x, {});

const reciprocalOp = elementwiseOp({
  name: 'Reciprocal',
  value: ({ x }) => div(1, x),
  slope: ({ y }) => f.neg(mul(y, y)),
});

/** 1 / x. */
export const reciprocal = (x: Variable): Variable => reciprocalOp(x, {});

const rsqrtOp = elementwiseOp({
  name: 'Rsqrt',
  value: ({ x }) => div(1, f.sqrt(x)),
  slope: ({ y }) => mul(-0.5, mul(y, mul(y, y))),
});

/** 1 / sqrt(x). */
export const rsqrt = (x: Variable): Variable => rsqrtOp(x, {});

const floorOp = elementwiseOp({ name: 'Floor', value: ({ x }) => f.floor(x) });

/** The next whole number below. Its slope is 0. */
export const floor = (x: Variable): Variable => floorOp(x, {});

const ceilOp = elementwiseOp({ name: 'Ceil', value: ({ x }) => f.ceil(x) });

/** The next whole number above. Its slope is 0. */
export const ceil = (x: Variable): Variable => ceilOp(x, {});

const roundOp = elementwiseOp({ name: 'Round', value: ({ x }) => f.round(x) });

/** The nearest whole number, the even one of two that are as near. Its slope is 0. Source: `torch.round`. */
export const round = (x: Variable): Variable => roundOp(x, {});

const signOp = elementwiseOp({ name: 'Sign', value: ({ x }) => f.sign(x) });

/** -1, 0 or 1; NaN of NaN. Its slope is 0. */
export const sign = (x: Variable): Variable => signOp(x, {});
