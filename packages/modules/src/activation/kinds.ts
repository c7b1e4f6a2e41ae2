import { elementwiseOp, relu, sigmoid, tanh, type ElementwiseFunction, type Variable } from '@tessera-nn/core';
import { formula as f } from '@tessera-nn/kernels';

/** One kind of activation: the numbers it takes with their presets, and its function. */
export interface ActivationKind {
  readonly args: readonly (readonly [name: string, preset: number])[];
  apply(x: Variable, args: readonly number[]): Variable;
}

interface KindOptions<Args extends string> extends Pick<ElementwiseFunction<Args>, 'slope' | 'when'> {
  /** The numbers it takes, with their presets. */
  args?: Readonly<Record<Args, number>>;
}

/** A kind of the name that it gets below. */
type NamedKind = (name: string) => ActivationKind;

/** A formula as a kind. Its gradient is derived from the input, or from the output where `slope` says how. */
function kind<Args extends string = never>(
  value: ElementwiseFunction<Args>['value'],
  { args, ...options }: KindOptions<Args> = {},
): NamedKind {
  const presets = Object.entries<number>(args ?? {}) as [Args, number][];
  const params = presets.map(([param]) => param);
  return (name) => {
    const op = elementwiseOp<Args>({ name: name[0]!.toUpperCase() + name.slice(1), params, value, ...options });
    return {
      args: presets,
      apply: (x, given) => op(x, Object.fromEntries(params.map((p, i) => [p, given[i]!])) as Record<Args, number>),
    };
  };
}

/** A function of `Variable` as a kind. */
const known =
  (apply: (x: Variable) => Variable): NamedKind =>
  () => ({ args: [], apply });

/** PuzzleLib's kinds under its names; a new kind is one more row. */
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
  silu: kind(({ x }) => f.mul(x, f.sigmoid(x))),
  // The gradient is 0 on the bounds, as in PuzzleLib.
  clip: kind(({ x, low, high }) => f.min(f.max(x, low), high), {
    args: { low: 0, high: 6 },
    slope: ({ y, low, high }) => f.select(f.le(y, low), 0, f.select(f.ge(y, high), 0, 1)),
  }),
} satisfies Record<string, NamedKind>;

export type ActivationName = keyof typeof kinds;

export const activationKinds = Object.fromEntries(
  Object.entries(kinds).map(([name, make]) => [name, make(name)]),
) as Record<ActivationName, ActivationKind>;

/** PyTorch's names of the same functions, where its presets are the same too. */
export const activationAliases = {
  ReLU: 'relu',
  ReLU6: 'clip',
  LeakyReLU: 'leakyRelu',
  ELU: 'elu',
  Sigmoid: 'sigmoid',
  SiLU: 'silu',
  Tanh: 'tanh',
  Softplus: 'softPlus',
} as const satisfies Record<string, ActivationName>;

export type ActivationAlias = keyof typeof activationAliases;
