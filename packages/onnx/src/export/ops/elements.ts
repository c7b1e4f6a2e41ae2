import { Tensor_DataType as DataType } from '../../format/messages.js';
import { addFormula } from '../formula-nodes.js';
import type { Step } from '@tessera-nn/core/internal';
import type { Translation, Translator } from '../translate.js';

/** An input as floats, which formulas compute with. */
function asFloat({ step, writer }: Translation, index: number): string {
  const value = step.inputs[index]!;
  const name = writer.nameOf(value);
  return value.dtype === 'float32' ? name : writer.add('Cast', [name], { to: DataType.FLOAT });
}

const isWhole = ({ inputs }: Step): boolean => inputs.every(({ dtype }) => dtype === 'int32');

/** Whole numbers stay whole where all are; else all become floats. */
const arithmetic =
  (opType: string): Translator =>
  (at) =>
    at.add(opType, isWhole(at.step) ? at.names : at.step.inputs.map((_, i) => asFloat(at, i)));

const comparison =
  (opType: string): Translator =>
  (at) =>
    at.add(opType, isWhole(at.step) ? at.names : at.step.inputs.map((_, i) => asFloat(at, i)));

/** What is not 0. */
const truth = (at: Translation, index: number): string =>
  at.step.inputs[index]!.dtype === 'bool'
    ? at.names[index]!
    : at.add('Cast', [at.names[index]!], { to: DataType.BOOL });

const logical =
  (opType: string): Translator =>
  (at) =>
    at.add(
      opType,
      at.step.inputs.map((_, i) => truth(at, i)),
    );

/** Any formula. */
export const formulaTranslator: Translator = (at) => {
  const { step, writer } = at;
  const inputs = Object.fromEntries(Object.keys(step.named).map((name, i) => [name, asFloat(at, i)]));
  return addFormula(writer, step.formula!, { inputs, params: at.attrs<Record<string, number>>() });
};

export const elementOps: Record<string, Translator> = {
  add: arithmetic('Add'),
  sub: arithmetic('Sub'),
  mul: arithmetic('Mul'),
  div: (at) => at.add('Div', [asFloat(at, 0), asFloat(at, 1)]),
  addAll: (at) => at.add('Sum', at.names),
  equal: comparison('Equal'),
  greater: comparison('Greater'),
  greaterEqual: comparison('GreaterOrEqual'),
  less: comparison('Less'),
  lessEqual: comparison('LessOrEqual'),
  logicalAnd: logical('And'),
  logicalOr: logical('Or'),
  prelu: (at) => at.add('PRelu', at.names),
  penalty: (at) => at.add('Identity', at.names),
  cast: (at) =>
    at.add('Cast', at.names, { to: at.attrs<{ dtype: string }>().dtype === 'int32' ? DataType.INT32 : DataType.FLOAT }),
  softmax: (at) => {
    const { axis, isLog } = at.attrs<{ axis: number; isLog: boolean }>();
    return at.add(isLog ? 'LogSoftmax' : 'Softmax', at.names, { axis });
  },
};
