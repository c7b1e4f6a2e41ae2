import { formula as f, type Condition, type Formula } from '@tessera-nn/kernels';

type AnyNode = Formula | Condition;
type Variables = Readonly<Record<string, Formula>>;

/** What stands in the places of a pattern. */
export interface FoundFormula {
  readonly inputs: Record<string, Formula>;
  readonly params: Record<string, Formula>;
}

/** Finds what stands in its places, where a formula has the form of the pattern. */
export type FormulaPattern = (node: AnyNode) => FoundFormula | undefined;

interface PatternNames {
  inputs?: readonly string[];
  params?: readonly string[];
}

/** Inputs stand for any formula, parameters for any number. */
export function formulaPattern(
  write: (variables: Variables) => Formula,
  { inputs = ['x'], params = [] }: PatternNames = {},
): FormulaPattern {
  const leaves = [...inputs.map((name) => [name, f.input(name)]), ...params.map((name) => [name, f.parameter(name)])];
  const wanted = write(Object.fromEntries(leaves) as Variables);
  return (node) => {
    const found: FoundFormula = { inputs: {}, params: {} };
    return fits(wanted, node, found) ? found : undefined;
  };
}

function fits(wanted: AnyNode, node: AnyNode, found: FoundFormula): boolean {
  if (wanted.op === 'input') return isAt(found.inputs, wanted.name, node);
  if (wanted.op === 'parameter') {
    return (node.op === 'constant' || node.op === 'parameter') && isAt(found.params, wanted.name, node);
  }
  if (wanted.op === 'constant') return wanted === node;
  if (wanted.op !== node.op) return false;
  return wanted.args.every((arg, i) => fits(arg as AnyNode, node.args[i] as AnyNode, found));
}

function isAt(places: Record<string, Formula>, name: string, node: AnyNode): boolean {
  return node === (places[name] ??= node as Formula);
}

const elu = (x: Formula, alpha: Formula, steep: Formula) => f.select(f.gt(x, 0), x, f.mul(alpha, f.expm1(steep)));
const bounded = (x: Formula, low: f.Operand, high: f.Operand) => f.min(f.max(x, low), high);

/** The activations that other systems have operators for, as they are written here. */
export const activationPatterns = {
  relu: formulaPattern(({ x }) => f.max(x!, 0)),
  leakyRelu: formulaPattern(({ x, slope }) => f.select(f.gt(x!, 0), x!, f.mul(slope!, x!)), { params: ['slope'] }),
  elu: formulaPattern(({ x, alpha }) => elu(x!, alpha!, x!), { params: ['alpha'] }),
  selu: formulaPattern(({ x, gamma, alpha }) => f.mul(gamma!, elu(x!, alpha!, x!)), { params: ['gamma', 'alpha'] }),
  celu: formulaPattern(({ x, alpha }) => elu(x!, alpha!, f.div(x!, alpha!)), { params: ['alpha'] }),
  hardSigmoid: formulaPattern(({ x }) => f.div(bounded(f.add(x!, 3), 0, 6), 6)),
  hardSwish: formulaPattern(({ x }) =>
    f.select(f.le(x!, -3), 0, f.select(f.ge(x!, 3), x!, f.mul(x!, f.div(f.add(x!, 3), 6)))),
  ),
  clip: formulaPattern(({ x, low, high }) => bounded(x!, low!, high!), { params: ['low', 'high'] }),
  softSign: formulaPattern(({ x }) => {
    const inverse = f.div(1, f.add(1, f.abs(x!)));
    return f.select(f.lt(f.abs(x!), 1), f.mul(x!, inverse), f.mul(f.sign(x!), f.sub(1, inverse)));
  }),
  /** GELU: x times a share of it, which is 0 or 1 by itself where it is chosen. */
  gated: formulaPattern(({ x, share }) => f.select(f.le(x!, -12), 0, f.select(f.ge(x!, 12), x!, f.mul(x!, share!))), {
    inputs: ['x', 'share'],
  }),
} as const;

/** Operations in others that every system has, with all digits that float32 has. */
export const formulaExpansions: Partial<Record<AnyNode['op'], (...args: Formula[]) => Formula>> = {
  // e^x - 1 = tanh(x / 2) (e^x + 1): near 0 the tangent has its digits.
  expm1: (a) => f.mul(f.tanh(f.mul(0.5, a)), f.add(f.exp(a), 1)),
  // What 1 + a was rounded by is a part of a; where nothing is left of a, a is the logarithm.
  log1p: (a) => {
    const u = f.add(1, a);
    const lost = f.select(f.lt(f.abs(a), 1), f.div(f.sub(a, f.sub(u, 1)), u), 0);
    return f.select(f.eq(u, 1), a, f.add(f.log(u), lost));
  },
  chain: (g, slope) => f.select(f.eq(g, 0), g, f.mul(g, slope)),
};
