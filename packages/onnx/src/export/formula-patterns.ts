import { formula as f, type Condition, type Formula } from '@tessera-nn/kernels';

type AnyNode = Formula | Condition;
type Variables = Readonly<Record<string, Formula>>;

/** What stands in the places of a pattern. */
interface Found {
  inputs: Record<string, Formula>;
  params: Record<string, Formula>;
}

/** A formula that ONNX has an operator for, or that it is better written as another. */
interface Known {
  readonly match: (node: AnyNode) => Found | undefined;
  readonly opType?: string;
  readonly as?: (inputs: Variables) => Formula;
  /** Float attributes, of the numbers in the formula. */
  readonly attributes?: (numbers: Readonly<Record<string, number>>) => Record<string, number>;
  /** Numbers of the formula that the operator takes as inputs, behind the others. */
  readonly numbers?: readonly string[];
}

interface PatternNames {
  inputs?: readonly string[];
  params?: readonly string[];
}

/** Inputs stand for any formula, parameters for any number. */
function pattern(
  write: (variables: Variables) => Formula,
  { inputs = ['x'], params = [] }: PatternNames = {},
): Known['match'] {
  const leaves = [...inputs.map((name) => [name, f.input(name)]), ...params.map((name) => [name, f.parameter(name)])];
  const wanted = write(Object.fromEntries(leaves) as Variables);
  return (node) => {
    const found: Found = { inputs: {}, params: {} };
    return fits(wanted, node, found) ? found : undefined;
  };
}

function fits(wanted: AnyNode, node: AnyNode, found: Found): boolean {
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

const leakyRelu = ({ x, slope }: Variables) => f.select(f.gt(x!, 0), x!, f.mul(slope!, x!));
const elu = (x: Formula, alpha: Formula, steep: Formula) => f.select(f.gt(x, 0), x, f.mul(alpha, f.expm1(steep)));
const bounded = (x: Formula, low: f.Operand, high: f.Operand) => f.min(f.max(x, low), high);

/** The activations of ONNX, as they are written here. */
export const known: readonly Known[] = [
  { match: pattern(({ x }) => f.max(x!, 0)), opType: 'Relu' },
  {
    match: pattern(leakyRelu, { params: ['slope'] }),
    opType: 'LeakyRelu',
    attributes: ({ slope }) => ({ alpha: slope! }),
  },
  {
    match: pattern(({ x, alpha }) => elu(x!, alpha!, x!), { params: ['alpha'] }),
    opType: 'Elu',
    attributes: ({ alpha }) => ({ alpha: alpha! }),
  },
  {
    match: pattern(({ x, gamma, alpha }) => f.mul(gamma!, elu(x!, alpha!, x!)), { params: ['gamma', 'alpha'] }),
    opType: 'Selu',
    attributes: ({ gamma, alpha }) => ({ gamma: gamma!, alpha: alpha! }),
  },
  {
    match: pattern(({ x, alpha }) => elu(x!, alpha!, f.div(x!, alpha!)), { params: ['alpha'] }),
    opType: 'Celu',
    attributes: ({ alpha }) => ({ alpha: alpha! }),
  },
  {
    match: pattern(({ x }) => f.div(bounded(f.add(x!, 3), 0, 6), 6)),
    opType: 'HardSigmoid',
    attributes: () => ({ alpha: 1 / 6, beta: 0.5 }),
  },
  {
    match: pattern(({ x }) => f.select(f.le(x!, -3), 0, f.select(f.ge(x!, 3), x!, f.mul(x!, f.div(f.add(x!, 3), 6))))),
    opType: 'HardSwish',
  },
  {
    match: pattern(({ x, low, high }) => bounded(x!, low!, high!), { params: ['low', 'high'] }),
    opType: 'Clip',
    numbers: ['low', 'high'],
  },
  {
    match: pattern(({ x }) => {
      const inverse = f.div(1, f.add(1, f.abs(x!)));
      return f.select(f.lt(f.abs(x!), 1), f.mul(x!, inverse), f.mul(f.sign(x!), f.sub(1, inverse)));
    }),
    opType: 'Softsign',
  },
  // GELU: from 12 on its gate is 0 or 1 by itself, and without the choice runtimes see the function they know.
  {
    match: pattern(({ x, share }) => f.select(f.le(x!, -12), 0, f.select(f.ge(x!, 12), x!, f.mul(x!, share!))), {
      inputs: ['x', 'share'],
    }),
    as: ({ x, share }) => f.mul(x!, share!),
  },
];
