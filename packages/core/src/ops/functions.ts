import { formula as f } from '@tessera-nn/kernels';
import type { Variable } from '../variable/variable.js';
import { elementwiseOp } from './elementwise-op.js';

const { div, le, max, mul, select, sub, add } = f;

const powOp = elementwiseOp<'exponent'>({
  name: 'Pow',
  params: ['exponent'],
  value: ({ x, exponent }) => f.pow(x, exponent),
});

/** Powers that are products and roots: each its own function, exact, where a general power costs digits and time. */
const exactPowers = new Map<number, (x: Variable) => Variable>();

/** x to the power of a number. */
export function pow(x: Variable, exponent: number): Variable {
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
