import { elementwiseOp, relu, sigmoid, tanh, type ElementwiseFunction, type Variable } from '@tessera-nn/core';
import { formula as f, type Formula } from '@tessera-nn/kernels';

/** One kind of activation: the numbers it takes with their presets, and its function. */
export interface ActivationKind<Args extends string = string> {
  readonly args: readonly (readonly [name: Args, preset: number])[];
  /** What the numbers must be, and how messages say it. */
  readonly requires: Requirement | undefined;
  apply(x: Variable, args: readonly number[]): Variable;
}

type Requirement<Args extends string = string> = readonly [
  holds: (args: Readonly<Record<Args, number>>) => boolean,
  said: string,
];

interface KindOptions<Args extends string> extends Pick<ElementwiseFunction<Args>, 'slope' | 'when'> {
  /** The numbers it takes, with their presets. */
  args?: Readonly<Record<Args, number>>;
  requires?: Requirement<Args>;
}

/** A kind of the name that it gets below. */
type NamedKind<Args extends string> = (name: string) => ActivationKind<Args>;

/** A formula as a kind. Its gradient is derived from the input, or from the output where `slope` says how. */
function kind<Args extends string = never>(
  value: ElementwiseFunction<Args>['value'],
  { args, requires, ...options }: KindOptions<Args> = {},
): NamedKind<Args> {
  const presets = Object.entries<number>(args ?? {}) as [Args, number][];
  const params = presets.map(([param]) => param);
  return (name) => {
    const op = elementwiseOp<Args>({ name: name[0]!.toUpperCase() + name.slice(1), params, value, ...options });
    return {
      args: presets,
      requires: requires,
      apply: (x, given) => op(x, Object.fromEntries(params.map((p, i) => [p, given[i]!])) as Record<Args, number>),
    };
  };
}

/** A function of `Variable` as a kind. */
const known =
  (apply: (x: Variable) => Variable): NamedKind<never> =>
  () => ({ args: [], requires: undefined, apply });

/** x between two bounds. The gradient is 0 on the bounds, as in PuzzleLib. */
const between = (low: number, high: number): NamedKind<'low' | 'high'> =>
  kind(({ x, low, high }) => f.min(f.max(x, low), high), {
    args: { low, high },
    requires: [({ low, high }) => low < high, 'low < high'],
    slope: ({ y, low, high }) => f.select(f.le(y, low), 0, f.select(f.ge(y, high), 0, 1)),
  });

/** 0 for |x| up to lambda, and a function of what is further out, which is never 0 there and has slope 1. */
const shrink = (far: (x: Formula, lambda: Formula) => Formula): NamedKind<'lambda'> =>
  kind(({ x, lambda }) => f.select(f.le(f.abs(x), lambda), 0, far(x, lambda)), {
    args: { lambda: 0.5 },
    requires: [({ lambda }) => lambda >= 0, 'lambda >= 0'],
    slope: ({ y }) => f.select(f.eq(y, 0), 0, 1),
  });

// Klambauer et al. 2017: with these an input of mean 0 and variance 1 keeps both.
const [SELU_SCALE, SELU_ALPHA] = [1.0507009873554805, 1.6732632423543772];
// Hendrycks and Gimpel 2016, and from where on their gates are 0 or 1 in float32.
const [GELU_CUBIC, GELU_REACH] = [0.044715, 12];
/** x times the share of a normal distribution that lies below x; what is far out has all or nothing of it. */
const gated = (share: (x: Formula) => Formula): NamedKind<never> =>
  kind(({ x }) => f.select(f.le(x, -GELU_REACH), 0, f.select(f.ge(x, GELU_REACH), x, f.mul(x, share(x)))));

/** x - tanh x to the ninth power, for small x: x^3 times a polynomial in x^2. */
const TANH_SERIES = [1 / 3, -2 / 15, 17 / 315, -62 / 2835] as const;
const SERIES_REACH = 0.2;

/** PuzzleLib's kinds under its names, and what others have; a new kind is one more row. */
const kinds = {
  sigmoid: known(sigmoid),
  tanh: known(tanh),
  relu: known(relu),
  // A negative slope turns negative inputs into positive outputs.
  leakyRelu: kind(({ x, slope }) => f.select(f.gt(x, 0), x, f.mul(slope, x)), {
    args: { slope: 0.01 },
    slope: ({ y, slope }) => f.select(f.gt(y, 0), 1, slope),
    when: ({ slope }) => slope >= 0,
  }),
  // From the input: far left the output is -alpha, and its digits say nothing of e^x.
  elu: kind(({ x, alpha }) => f.select(f.gt(x, 0), x, f.mul(alpha, f.expm1(x))), { args: { alpha: 1 } }),
  softPlus: kind(({ x }) => f.softplus(x), { slope: ({ y }) => f.neg(f.expm1(f.neg(y))) }),
  clip: between(0, 6),
  hardTanh: between(-1, 1),
  silu: kind(({ x }) => f.mul(x, f.sigmoid(x))),
  mish: kind(({ x }) => f.mul(x, f.tanh(f.softplus(x)))),
  gelu: gated((x) => f.mul(0.5, f.add(1, f.erf(f.mul(x, Math.SQRT1_2))))),
  // 1 + tanh u has no digits left where u is far below 0; half of it is the sigmoid of 2 u.
  geluTanh: gated((x) => f.sigmoid(f.mul(2 * Math.sqrt(2 / Math.PI), f.add(x, f.mul(GELU_CUBIC, f.pow(x, 3)))))),
  selu: kind(({ x }) => f.mul(SELU_SCALE, f.select(f.gt(x, 0), x, f.mul(SELU_ALPHA, f.expm1(x))))),
  celu: kind(({ x, alpha }) => f.select(f.gt(x, 0), x, f.mul(alpha, f.expm1(f.div(x, alpha)))), {
    args: { alpha: 1 },
    requires: [({ alpha }) => alpha !== 0, 'alpha other than 0'],
  }),
  hardSigmoid: kind(({ x }) => f.div(f.min(f.max(f.add(x, 3), 0), 6), 6), {
    slope: ({ y }) => f.select(f.le(y, 0), 0, f.select(f.ge(y, 1), 0, 1 / 6)),
  }),
  hardSwish: kind(({ x }) => f.select(f.le(x, -3), 0, f.select(f.ge(x, 3), x, f.mul(x, f.div(f.add(x, 3), 6))))),
  logSigmoid: kind(({ x }) => f.neg(f.softplus(f.neg(x))), { slope: ({ y }) => f.neg(f.expm1(y)) }),
  // Two forms: near 0 the second has no digits, and far out the slope of the first has none.
  softSign: kind(({ x }) => {
    const [size, inverse] = [f.abs(x), f.div(1, f.add(1, f.abs(x)))];
    return f.select(f.lt(size, 1), f.mul(x, inverse), f.mul(f.sign(x), f.sub(1, inverse)));
  }),
  tanhShrink: kind(({ x }) => {
    const series = TANH_SERIES.reduceRight<Formula | number>((sum, term) => f.add(term, f.mul(f.pow(x, 2), sum)), 0);
    return f.select(f.lt(f.abs(x), SERIES_REACH), f.mul(f.pow(x, 3), series), f.sub(x, f.tanh(x)));
  }),
  softShrink: shrink((x, lambda) => f.sub(x, f.mul(f.sign(x), lambda))),
  hardShrink: shrink((x) => x),
  threshold: kind(({ x, threshold, value }) => f.select(f.le(x, threshold), value, x), {
    args: { threshold: 0, value: 0 },
  }),
} satisfies Record<string, (name: string) => object>;

export type ActivationName = keyof typeof kinds;

/** The names of the numbers that a kind takes. */
export type ArgsOf<Kind extends ActivationName> =
  ReturnType<(typeof kinds)[Kind]> extends ActivationKind<infer Args> ? Args : never;

export const activationKinds = Object.fromEntries(
  Object.entries(kinds).map(([name, make]) => [name, make(name)]),
) as Record<ActivationName, ActivationKind>;

/** PyTorch's names of the same functions, where its presets are the same too. */
export const activationAliases = {
  ReLU: 'relu',
  ReLU6: 'clip',
  relu6: 'clip',
  LeakyReLU: 'leakyRelu',
  ELU: 'elu',
  SELU: 'selu',
  CELU: 'celu',
  GELU: 'gelu',
  SiLU: 'silu',
  Mish: 'mish',
  Sigmoid: 'sigmoid',
  LogSigmoid: 'logSigmoid',
  Tanh: 'tanh',
  Softplus: 'softPlus',
  Softsign: 'softSign',
  Hardtanh: 'hardTanh',
  Hardsigmoid: 'hardSigmoid',
  Hardswish: 'hardSwish',
  Tanhshrink: 'tanhShrink',
  Softshrink: 'softShrink',
  Hardshrink: 'hardShrink',
  Threshold: 'threshold',
} as const satisfies Record<string, ActivationName>;

export type ActivationAlias = keyof typeof activationAliases;
