import {
  activationPatterns as patterns,
  formulaExpansions,
  formulaPattern,
  type FormulaPattern,
  type Size,
} from '@tessera-nn/core/internal';
import { formula as f, type Condition, type Formula } from '@tessera-nn/kernels';
import type { OperatorName } from '../format/operators.js';
import type { Graph } from '../graph/graph.js';
import { isFloats, type Tensor } from '../graph/tensor.js';
import { Untranslatable } from './translation.js';

type AnyNode = Formula | Condition;

/** What the leaves of a formula are: tensors of the graph, and numbers. */
export interface Leaves {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly params: Readonly<Record<string, number>>;
}

/** Operations that TFLite has under a name of its own. */
const operators: Partial<Record<AnyNode['op'], OperatorName>> = {
  add: 'ADD',
  sub: 'SUB',
  mul: 'MUL',
  div: 'DIV',
  neg: 'NEG',
  abs: 'ABS',
  min: 'MINIMUM',
  max: 'MAXIMUM',
  floor: 'FLOOR',
  ceil: 'CEIL',
  round: 'ROUND',
  sign: 'SIGN',
  sqrt: 'SQRT',
  exp: 'EXP',
  log: 'LOG',
  pow: 'POW',
  sigmoid: 'LOGISTIC',
  tanh: 'TANH',
  sin: 'SIN',
  cos: 'COS',
  gt: 'GREATER',
  ge: 'GREATER_EQUAL',
  eq: 'EQUAL',
  select: 'SELECT_V2',
};

const conditions = new Set<AnyNode['op']>(['gt', 'ge', 'eq']);

/** A formula that TFLite has an operator for, where its numbers are those of the operator. */
interface Known {
  readonly match: FormulaPattern;
  readonly name: OperatorName;
  readonly fits?: (numbers: Readonly<Record<string, number>>) => boolean;
  readonly options?: (numbers: Readonly<Record<string, number>>) => Record<string, number | boolean>;
}

const between =
  (from: number, to: number): NonNullable<Known['fits']> =>
  ({ low, high }) =>
    low === from && high === to;

/** The share of a normal distribution, and what is taken for it, with the numbers that they have. */
const normalShare = formulaPattern(({ x, half, one, root }) => f.mul(half!, f.add(one!, f.erf(f.mul(x!, root!)))), {
  params: ['half', 'one', 'root'],
});
const normalShareByTanh = formulaPattern(
  ({ x, scale, cubic, three }) => f.sigmoid(f.mul(scale!, f.add(x!, f.mul(cubic!, f.pow(x!, three!))))),
  { params: ['scale', 'cubic', 'three'] },
);
const gelu =
  (share: FormulaPattern): FormulaPattern =>
  (node) => {
    const found = patterns.gated(node);
    const inner = found && share(found.inputs['share']!);
    return inner?.inputs['x'] === found?.inputs['x'] ? inner : undefined;
  };

const known: readonly Known[] = [
  { match: patterns.relu, name: 'RELU' },
  { match: patterns.clip, name: 'RELU6', fits: between(0, 6) },
  { match: patterns.clip, name: 'RELU_N1_TO_1', fits: between(-1, 1) },
  { match: patterns.leakyRelu, name: 'LEAKY_RELU', options: ({ slope }) => ({ alpha: slope! }) },
  { match: patterns.elu, name: 'ELU', fits: ({ alpha }) => alpha === 1 },
  { match: patterns.hardSwish, name: 'HARD_SWISH' },
  { match: gelu(normalShare), name: 'GELU', options: () => ({ approximate: false }) },
  { match: gelu(normalShareByTanh), name: 'GELU', options: () => ({ approximate: true }) },
];

/** What TFLite lacks, in what it has. */
const expansions: typeof formulaExpansions = {
  ...formulaExpansions,
  softplus: (a) => f.add(f.max(a, 0), f.log1p(f.exp(f.neg(f.abs(a))))),
};

/** Adds the operators that compute a formula. */
export class FormulaWriter {
  readonly #made = new Map<AnyNode, Tensor>();

  constructor(
    private readonly graph: Graph,
    private readonly leaves: Leaves,
  ) {}

  /** @throws Untranslatable where TFLite has no such operation. */
  write(node: AnyNode): Tensor {
    const tensor = this.#made.get(node) ?? this.#write(node);
    this.#made.set(node, tensor);
    return tensor;
  }

  #write(node: AnyNode): Tensor {
    const { inputs } = this.leaves;
    if (node.op === 'input') return inputs[node.name]!;
    if (node.op === 'constant' || node.op === 'parameter') return this.graph.floats([this.#number(node)], []);
    for (const { match, name, fits, options } of known) {
      const found = match(node);
      const numbers = Object.fromEntries(
        Object.entries(found?.params ?? {}).map(([key, leaf]) => [key, this.#number(leaf)]),
      );
      if (found && (fits?.(numbers) ?? true)) return this.#add(name, [found.inputs['x']!], options?.(numbers));
    }
    const other = expansions[node.op];
    if (other) return this.write(other(...(node.args as Formula[])));
    const name = operators[node.op];
    if (!name) throw new Untranslatable(`of ${node.op}`);
    if (name === 'ADD' || name === 'MUL') {
      const [first, second] = node.args.map((arg) => this.write(arg)) as [Tensor, Tensor];
      const neutral = name === 'ADD' ? 0 : 1;
      if (isNumber(second, neutral)) return first;
      if (isNumber(first, neutral)) return second;
    }
    return this.#add(name, node.args, undefined, conditions.has(node.op));
  }

  #add(name: OperatorName, args: readonly AnyNode[], options = {}, isCondition = false): Tensor {
    const tensors = args.map((arg) => this.write(arg));
    const shape = broadcastShape(tensors.map((tensor) => tensor.shape));
    return this.graph.add(name, tensors, { shape, type: isCondition ? 'bool' : 'float32' }, options);
  }

  #number(node: AnyNode): number {
    return node.op === 'parameter' ? this.leaves.params[node.name]! : node.value;
  }
}

/** What tensors that meet at their last axes are together. */
function broadcastShape(shapes: readonly (readonly Size[])[]): Size[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

const isNumber = (tensor: Tensor, value: number): boolean =>
  isFloats(tensor) && tensor.shape.length === 0 && tensor.data[0] === value;
