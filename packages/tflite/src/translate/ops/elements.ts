import type { Value } from '@tessera-nn/core/internal';
import { tensorTypes, type OperatorName } from '../../format/operators.js';
import { lying } from '../../graph/order.js';
import type { Tensor } from '../../graph/tensor.js';
import { together, type Together } from '../broadcast.js';
import { FormulaWriter } from '../formulas.js';
import type { Lying, Translation, Translator } from '../translation.js';

/** What an operator has made of inputs that were brought together. */
const made = ({ order, columns }: Together, tensor: Tensor): Lying => ({ tensor, order, ...(columns && { columns }) });

function cast(at: Translation, tensor: Tensor, type: Value['dtype']): Tensor {
  if (tensor.type === type) return tensor;
  const options = { from: tensorTypes[tensor.type], to: tensorTypes[type] };
  return at.graph.add('CAST', [tensor], { shape: tensor.shape, type }, options);
}

/** Whole numbers stay whole where all are, and may be; else all become floats. */
const binary =
  (name: OperatorName, alwaysFloat = false): Translator =>
  (at) => {
    const { inputs } = at.step;
    const lies = together(at, inputs);
    const type = !alwaysFloat && inputs.every(({ dtype }) => dtype === 'int32') ? 'int32' : 'float32';
    const operands = lies.tensors.map((tensor) => cast(at, tensor, type));
    const shape = lying(at.result.shape, lies.order);
    return made(lies, at.graph.add(name, operands, { shape, type: at.result.dtype }));
  };

const logical =
  (name: OperatorName): Translator =>
  (at) => {
    const lies = together(at, at.step.inputs);
    const truths = lies.tensors.map((tensor) => cast(at, tensor, 'bool'));
    const shape = lying(at.result.shape, lies.order);
    return made(lies, at.graph.add(name, truths, { shape, type: 'bool' }));
  };

/** Any formula. */
export const formulaTranslator: Translator = (at) => {
  const { step, graph } = at;
  const lies = together(at, step.inputs);
  const names = Object.keys(step.named);
  const inputs = Object.fromEntries(names.map((name, i) => [name, cast(at, lies.tensors[i]!, 'float32')]));
  const writer = new FormulaWriter(graph, {
    inputs,
    params: at.attrs<Record<string, number>>(),
  });
  return made(lies, writer.write(step.formula!));
};

export const elementOps: Record<string, Translator> = {
  add: binary('ADD'),
  sub: binary('SUB'),
  mul: binary('MUL'),
  div: binary('DIV', true),
  addAll: (at) => {
    const lies = together(at, at.step.inputs);
    const shape = lying(at.result.shape, lies.order);
    return made(
      lies,
      lies.tensors.reduce((sum, tensor) => at.graph.add('ADD', [sum, tensor], { shape })),
    );
  },
  equal: binary('EQUAL'),
  greater: binary('GREATER'),
  greaterEqual: binary('GREATER_EQUAL'),
  less: binary('LESS'),
  lessEqual: binary('LESS_EQUAL'),
  logicalAnd: logical('LOGICAL_AND'),
  logicalOr: logical('LOGICAL_OR'),
  // Slopes have all axes but that of the batch, as many runtimes want them.
  prelu: (at) => {
    const lies = together(at, at.step.inputs);
    const [x, slopes] = lies.tensors as [Tensor, Tensor];
    const shape = [
      ...new Array<number>(Math.max(0, x.shape.length - 1 - slopes.shape.length)).fill(1),
      ...slopes.shape,
    ];
    const alpha = slopes.data ? { ...slopes, shape } : slopes;
    return made(lies, at.graph.add('PRELU', [x, alpha], { shape: x.shape }));
  },
  penalty: (at) => at.values.of(at.input),
  cast: (at) => {
    const { tensor, ...lies } = at.values.of(at.input);
    return { ...lies, tensor: cast(at, tensor, at.result.dtype) };
  },
  softmax: (at) => {
    const { axis, isLog } = at.attrs<{ axis: number; isLog: boolean }>();
    const lies = at.values.of(at.input);
    const last = [...lies.order.filter((other) => other !== axis), axis];
    // Rows whose columns have changed places are the same rows to it.
    const { tensor, order, columns } =
      lies.order.at(-1) === axis ? lies : { tensor: at.values.in(at.input, last), order: last, columns: undefined };
    const [name, options] = isLog ? (['LOG_SOFTMAX', {}] as const) : (['SOFTMAX', { beta: 1 }] as const);
    return { ...at.add(name, [tensor], order, options), ...(columns && { columns }) };
  },
};
