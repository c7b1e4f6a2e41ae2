import {
  affine,
  elementwiseOp,
  exp,
  greater,
  mul,
  relu,
  sigmoid,
  tanh,
  where,
  zerosLike,
  type Variable,
} from '@tessera-nn/core';
import {
  abs,
  add,
  exp as expTensor,
  expm1,
  fill,
  greater as greaterTensor,
  greaterEqual,
  less,
  lessEqual,
  log1p,
  logicalOr,
  maximum,
  mul as mulTensor,
  neg,
  where as whereTensor,
  zerosLike as zerosTensor,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** One kind of activation: the numbers it takes with their presets, and its function. */
export interface ActivationKind {
  readonly args: readonly (readonly [name: string, preset: number])[];
  apply(x: Variable, args: readonly number[]): Variable;
}

/**
 * y = x > 0 ? x : slope x, differentiated from the output, so that the input can be freed. A negative slope needs the
 * input: it turns negative inputs into positive outputs.
 */
const leakyReluFrom = <From extends 'x' | 'y'>(from: From) =>
  elementwiseOp<From, 'slope'>({
    name: from === 'y' ? 'LeakyRelu' : 'LeakyReluFromInput',
    params: ['slope'],
    from,
    value: {
      scalar: (x, slope) => (x > 0 ? x : slope * x),
      glsl: 'x > 0.0 ? x : slope * x',
      companion: 'leakyRelu',
      compose: ({ x }, { slope }) => whereTensor(greaterTensor(x, 0), x, mulTensor(x, slope)),
    },
    gradient: {
      scalar: (v, g, slope) => (v > 0 ? g : slope * g),
      glsl: `!isnan(${from}) && ${from} > 0.0 ? g : slope * g`,
      companion: 'leakyReluGradient',
      compose: (inputs, { slope }) =>
        whereTensor(greaterTensor(inputs[from] as Tensor, 0), inputs.g, mulTensor(inputs.g, slope)),
    },
    curvature: () => null,
  });
const leakyRelu = leakyReluFrom('y');
const leakyReluFromInput = leakyReluFrom('x');

const eluValue = {
  scalar: (x: number, alpha?: number) => (x > 0 ? x : alpha! * Math.expm1(x)),
  glsl: 'x > 0.0 ? x : alpha * expMinus1(x)',
  companion: 'elu' as const,
  compose: ({ x }: { x: Tensor }, { alpha }: { alpha: number }): Tensor =>
    whereTensor(greaterTensor(x, 0), x, mulTensor(expm1(x), alpha)),
};

/** y = x > 0 ? x : alpha (e^x - 1); dy/dx = y + alpha on the left. */
const elu = elementwiseOp<'y', 'alpha'>({
  name: 'Elu',
  params: ['alpha'],
  from: 'y',
  value: eluValue,
  gradient: {
    scalar: (y, g, alpha) => (y > 0 ? g : g * (y + alpha)),
    glsl: 'isnan(y) ? y : y > 0.0 ? g : g * (y + alpha)',
    companion: 'eluGradient',
    compose: ({ y, g }, { alpha }) => whereTensor(greaterTensor(y, 0), g, mulTensor(g, add(y, alpha))),
  },
  curvature: (y, gu) => where(greater(y, 0), zerosLike(gu), gu),
});
const eluFromInput = elementwiseOp<'x', 'alpha'>({
  name: 'EluFromInput',
  params: ['alpha'],
  from: 'x',
  value: eluValue,
  gradient: {
    scalar: (x, g, alpha) => (x > 0 ? g : g * alpha * Math.exp(x)),
    glsl: 'isnan(x) ? x : x > 0.0 ? g : g * alpha * exp(x)',
    compose: ({ x, g }, { alpha }) => whereTensor(greaterTensor(x, 0), g, mulTensor(mulTensor(g, alpha), expTensor(x))),
  },
  curvature: (x, gu, { alpha }) => where(greater(x, 0), zerosLike(gu), mul(gu, affine(exp(x), alpha, -0))),
});

/** y = ln(1 + e^x), as max(x, 0) + ln(1 + e^-|x|) so that no exponential overflows; dy/dx = 1 - e^-y. */
const softPlus = elementwiseOp({
  name: 'SoftPlus',
  from: 'y',
  value: {
    scalar: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    glsl: 'softPlus(x)',
    compose: ({ x }) => add(maximum(x, 0), log1p(expTensor(neg(abs(x))))),
  },
  gradient: {
    scalar: (y, g) => -g * Math.expm1(-y),
    glsl: '-g * expMinus1(-y)',
    compose: ({ y, g }) => neg(mulTensor(g, expm1(neg(y)))),
  },
  curvature: (y, gu) => mul(gu, exp(affine(y, -1, -0))),
});

/** y = x between low and high, the bound outside; the gradient is 0 on the bounds, as in PuzzleLib. */
const clip = elementwiseOp<'y', 'low' | 'high'>({
  name: 'Clip',
  params: ['low', 'high'],
  from: 'y',
  value: {
    scalar: (x, low, high) => (x < low ? low : x > high ? high : x),
    glsl: 'isnan(x) ? x : x < low ? low : x > high ? high : x',
    compose: ({ x }, { low, high }) =>
      whereTensor(less(x, low), fill(x.shape, low), whereTensor(greaterTensor(x, high), fill(x.shape, high), x)),
  },
  gradient: {
    scalar: (y, g, low, high) => (y <= low || y >= high ? 0 : g),
    glsl: '!isnan(y) && (y <= low || y >= high) ? 0.0 : g',
    compose: ({ y, g }, { low, high }) =>
      whereTensor(logicalOr(lessEqual(y, low), greaterEqual(y, high)), zerosTensor(g), g),
  },
  curvature: () => null,
});

/** PuzzleLib's kinds under its names; a new kind is one more row. */
export const activationKinds = {
  sigmoid: { args: [], apply: sigmoid },
  tanh: { args: [], apply: tanh },
  relu: { args: [], apply: relu },
  leakyRelu: {
    args: [['slope', 0.01]],
    apply: (x, [slope]) => (slope! < 0 ? leakyReluFromInput : leakyRelu)(x, { slope: slope! }),
  },
  elu: {
    args: [['alpha', 1]],
    apply: (x, [alpha]) => (alpha! < 0 ? eluFromInput : elu)(x, { alpha: alpha! }),
  },
  softPlus: { args: [], apply: (x) => softPlus(x, {}) },
  clip: {
    args: [
      ['low', 0],
      ['high', 6],
    ],
    apply: (x, [low, high]) => clip(x, { low: low!, high: high! }),
  },
} satisfies Record<string, ActivationKind>;

export type ActivationName = keyof typeof activationKinds;

/** PyTorch's names of the same functions, where its presets are the same too. */
export const activationAliases = {
  ReLU: 'relu',
  ReLU6: 'clip',
  LeakyReLU: 'leakyRelu',
  ELU: 'elu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  Softplus: 'softPlus',
} as const satisfies Record<string, ActivationName>;

export type ActivationAlias = keyof typeof activationAliases;
