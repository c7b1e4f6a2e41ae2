import { formulaExpansions } from '@tessera-nn/core/internal';
import type { Condition, Formula } from '@tessera-nn/kernels';
import { float } from '../format/attributes.js';
import { known } from './formula-patterns.js';
import type { GraphWriter } from './graph-writer.js';

type AnyNode = Formula | Condition;

/** What the leaves of a formula are: tensors of the graph, and numbers. */
export interface Leaves {
  readonly inputs: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, number>>;
}

/** Operations that ONNX has under a name of its own. */
const operators: Partial<Record<AnyNode['op'], string>> = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  neg: 'Neg',
  abs: 'Abs',
  min: 'Min',
  max: 'Max',
  floor: 'Floor',
  ceil: 'Ceil',
  round: 'Round',
  sign: 'Sign',
  sqrt: 'Sqrt',
  exp: 'Exp',
  log: 'Log',
  pow: 'Pow',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  softplus: 'Softplus',
  sin: 'Sin',
  cos: 'Cos',
  erf: 'Erf',
  gt: 'Greater',
  ge: 'GreaterOrEqual',
  eq: 'Equal',
  select: 'Where',
};

/** Adds the nodes that compute a formula, and returns what its result is called. */
export function addFormula(writer: GraphWriter, formula: Formula, { inputs, params }: Leaves): string {
  const made = new Map<AnyNode, string>();
  const numberOf = (node: Formula): number => (node.op === 'parameter' ? params[node.name]! : node.value);
  const write = (node: AnyNode): string => {
    if (node.op === 'input') return inputs[node.name]!;
    if (node.op === 'constant' || node.op === 'parameter') return writer.number(numberOf(node as Formula));
    for (const { match, opType, as, attributes, numbers } of known) {
      const found = match(node);
      if (!found) continue;
      const values = Object.fromEntries(Object.entries(found.params).map(([name, leaf]) => [name, numberOf(leaf)]));
      if (as) return nameOf(as(found.inputs));
      const sources = [
        ...Object.values(found.inputs).map(nameOf),
        ...(numbers ?? []).map((n) => writer.number(values[n]!)),
      ];
      const named = Object.entries(attributes?.(values) ?? {}).map(([name, value]) => [name, float(value)] as const);
      return writer.add(opType!, sources, Object.fromEntries(named));
    }
    const other = formulaExpansions[node.op];
    if (other) return nameOf(other(...(node.args as Formula[])));
    return writer.add(operators[node.op]!, node.args.map(nameOf));
  };
  const nameOf = (node: AnyNode): string => {
    const name = made.get(node) ?? write(node);
    made.set(node, name);
    return name;
  };
  return nameOf(formula);
}
