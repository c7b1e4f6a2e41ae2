import type { Operator, Tensor } from '../graph/tensor.js';
import { depthToSpace } from './depth-to-space.js';
import { intoWeights } from './into-weights.js';
import { intoReduction } from './into-reduction.js';
import { usesOf, withoutUnused, type Program } from './program.js';
import { withActivation } from './with-activation.js';

/**
 * What an operator and the one that made its input are together; nothing where they stay two. It comes last, behind what
 * changes in front of it.
 */
export type Merge = (
  operator: Operator,
  maker: Operator,
  makerOf: (tensor: Tensor) => Operator | undefined,
) => Operator | readonly Operator[] | undefined;

const merges: readonly Merge[] = [intoWeights, withActivation, intoReduction, depthToSpace];

/** The same program with fewer operators: what only one operator reads is computed with it where TFLite can. */
export function simplified(program: Program): Program {
  const uses = usesOf(program);
  const operators = new Map<Tensor, Operator>();
  /** That of a tensor which nothing else reads. */
  const makerOf = (tensor: Tensor) => (uses.get(tensor) === 1 ? operators.get(tensor) : undefined);
  for (const operator of program.operators) {
    for (const made of merged(operator, makerOf)) operators.set(made.outputs[0]!, made);
  }
  return withoutUnused({ ...program, operators: [...operators.values()] });
}

function merged(operator: Operator, makerOf: (tensor: Tensor) => Operator | undefined): readonly Operator[] {
  for (const tensor of operator.inputs) {
    const maker = tensor && makerOf(tensor);
    if (!maker || maker.outputs.length > 1) continue;
    for (const merge of merges) {
      const made = merge(operator, maker, makerOf);
      if (made) return [made].flat();
    }
  }
  return [operator];
}
