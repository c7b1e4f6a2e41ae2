import { isFloats, type Operator } from '../graph/tensor.js';
import { weighted, withInputs } from '../passes/into-weights.js';
import type { Program } from '../passes/program.js';
import { weightsAsInt8 } from './numbers.js';

/** Weights as int8, with a scale for each map; all that is computed is float. Groups, which runtimes lack there, stay. */
export function withInt8Weights(program: Program): Program {
  return { ...program, operators: program.operators.map(withInt8Filter) };
}

function withInt8Filter(operator: Operator): Operator {
  const places = operator.name === 'TRANSPOSE_CONV' ? undefined : weighted[operator.name];
  const filter = places && operator.inputs[places.filter];
  const isGrouped = operator.name === 'CONV_2D' && operator.inputs[0]!.shape.at(-1) !== filter!.shape.at(-1);
  if (!places || !isFloats(filter) || isGrouped) return operator;
  return { ...operator, inputs: withInputs(operator, { [places.filter]: weightsAsInt8(filter, places.axis) }) };
}
