import {
  abs as absTensor,
  div as divTensor,
  equal,
  exp as expTensor,
  greater,
  less,
  lessEqual,
  log as logTensor,
  mul as mulTensor,
  neg,
  pow as powTensor,
  sigmoid as sigmoidTensor,
  sqrt as sqrtTensor,
  square,
  sub,
  tanh as tanhTensor,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Variable } from '../variable/variable.js';
import { affine, scale } from './affine.js';
import { div, mul } from './arithmetic.js';
import { elementwiseOp } from './elementwise-op.js';

/**
 * Where nothing comes back, nothing goes on, however steep the function is there: so that what `where` did not choose
 * gives no NaN, neither the root of a negative number nor an exponential that overflows.
 */
const unlessZero = (g: Tensor, gradient: Tensor): Tensor => where(equal(g, 0), g, gradient);

const powOp = elementwiseOp<'x', 'exponent'>({
  name: 'Pow',
  params: ['exponent'],
  from: 'x',
  value: {
    scalar: (x, exponent) => Math.pow(x, exponent),
    glsl: 'power(x, exponent)',
    compose: ({ x }, { exponent }) => powTensor(x, exponent),
  },
  gradient: {
    // x^0 is 1 everywhere, so its gradient is 0 also at 0, where 0 times 1 / 0 would be NaN.
    scalar: (x, g, exponent) => (exponent === 0 ? 0 : g === 0 ? g : g * exponent * Math.pow(x, exponent - 1)),
    glsl: 'exponent == 0.0 ? 0.0 : g == 0.0 ? g : g * exponent * power(x, exponent - 1.0)',
    compose: ({ x, g }, { exponent }) =>
      exponent === 0 ? zerosLike(x) : unlessZero(g, mulTensor(g, mulTensor(exponent, powTensor(x, exponent - 1)))),
  },
  curvature: (x, gu, { exponent }) =>
    exponent === 0 || exponent === 1 ? null : mul(gu, scale(pow(x, exponent - 2), exponent * (exponent - 1))),
});

/** x to the power of a number. */
export function pow(x: Variable, exponent: number): Variable {
  return powOp(x, { exponent });
}

const expOp = elementwiseOp({
  name: 'Exp',
  from: 'y',
  value: { scalar: Math.exp, glsl: 'exponential(x)', companion: 'exp', compose: ({ x }) => expTensor(x) },
  gradient: {
    scalar: (y, g) => (g === 0 ? g : g * y),
    glsl: 'g == 0.0 ? g : g * y',
    compose: ({ y, g }) => unlessZero(g, mulTensor(g, y)),
  },
  curvature: (_, gu) => gu,
});

/** e to the power of x. */
export const exp = (x: Variable): Variable => expOp(x, {});

const logOp = elementwiseOp({
  name: 'Log',
  from: 'x',
  value: {
    scalar: Math.log,
    glsl: 'logarithm(x)',
    compose: ({ x }) => logTensor(x),
  },
  gradient: {
    scalar: (x, g) => (g === 0 ? g : g / x),
    glsl: 'g == 0.0 ? g : g / x',
    compose: ({ x, g }) => unlessZero(g, divTensor(g, x)),
  },
  curvature: (x, gu) => scale(div(div(gu, x), x), -1),
});

/** The natural logarithm. */
export const log = (x: Variable): Variable => logOp(x, {});

const sqrtOp = elementwiseOp({
  name: 'Sqrt',
  from: 'y',
  value: { scalar: Math.sqrt, glsl: 'isnan(x) ? x : sqrt(x)', compose: ({ x }) => sqrtTensor(x) },
  gradient: {
    scalar: (y, g) => (g === 0 ? g : (0.5 * g) / y),
    glsl: 'g == 0.0 ? g : 0.5 * g / y',
    compose: ({ y, g }) => unlessZero(g, divTensor(mulTensor(0.5, g), y)),
  },
  curvature: (y, gu) => scale(div(div(gu, y), y), -0.5),
});

/** The square root. */
export const sqrt = (x: Variable): Variable => sqrtOp(x, {});

const absOp = elementwiseOp({
  name: 'Abs',
  from: 'x',
  value: { scalar: Math.abs, glsl: 'abs(x)', compose: ({ x }) => absTensor(x) },
  gradient: {
    scalar: (x, g) => (x > 0 ? g : x < 0 ? -g : x * 0),
    glsl: 'isnan(x) ? x : x > 0.0 ? g : x < 0.0 ? -g : 0.0',
    compose: ({ x, g }) => where(greater(x, 0), g, where(less(x, 0), neg(g), mulTensor(x, 0))),
  },
  curvature: () => null,
});

/** |x|; the subgradient at 0 is 0. */
export const abs = (x: Variable): Variable => absOp(x, {});

const sigmoidOp = elementwiseOp({
  name: 'Sigmoid',
  from: 'y',
  value: {
    // Both branches keep the exponent at or below 0, so that neither overflows.
    scalar: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    glsl: 'logistic(x)',
    companion: 'sigmoid',
    compose: ({ x }) => sigmoidTensor(x),
  },
  gradient: {
    scalar: (y, g) => g * y * (1 - y),
    glsl: 'g * y * (1.0 - y)',
    companion: 'sigmoidGradient',
    compose: ({ y, g }) => mulTensor(g, mulTensor(y, sub(1, y))),
  },
  curvature: (y, gu) => mul(gu, affine(y, -2, 1)),
});

/** 1 / (1 + e^-x). */
export const sigmoid = (x: Variable): Variable => sigmoidOp(x, {});

const tanhOp = elementwiseOp({
  name: 'Tanh',
  from: 'y',
  value: { scalar: Math.tanh, glsl: 'hyperbolicTangent(x)', companion: 'tanh', compose: ({ x }) => tanhTensor(x) },
  gradient: {
    scalar: (y, g) => g * (1 - y * y),
    glsl: 'g * (1.0 - y * y)',
    companion: 'tanhGradient',
    compose: ({ y, g }) => mulTensor(g, sub(1, square(y))),
  },
  curvature: (y, gu) => mul(gu, scale(y, -2)),
});

/** The hyperbolic tangent. */
export const tanh = (x: Variable): Variable => tanhOp(x, {});

const reluOp = elementwiseOp({
  name: 'Relu',
  from: 'y',
  // "x <= 0 ? 0 : x" lets NaN through; the other way round would hide it.
  value: {
    scalar: (x) => (x <= 0 ? 0 : x),
    glsl: 'isnan(x) ? x : x <= 0.0 ? 0.0 : x',
    companion: 'relu',
    compose: ({ x }) => where(lessEqual(x, 0), zerosLike(x), x),
  },
  gradient: {
    scalar: (y, g) => (y <= 0 ? 0 : g),
    glsl: '!isnan(y) && y <= 0.0 ? 0.0 : g',
    companion: 'reluGradient',
    compose: ({ y, g }) => where(lessEqual(y, 0), zerosLike(g), g),
  },
  curvature: () => null,
});

/** max(x, 0); the subgradient at 0 is 0. */
export const relu = (x: Variable): Variable => reluOp(x, {});
