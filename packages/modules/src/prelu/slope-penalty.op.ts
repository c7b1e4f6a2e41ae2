import { defineOp, type Variable } from '@tessera-nn/core';
import { add, mul, sign } from '@tensorflow/tfjs-core';
import { defineElementwise, runKernel } from '@tessera-nn/kernels';

/** Factors of the absolute values and of the squares in a penalty on slopes, as Keras' `l1_l2`. */
export interface SlopePenalty {
  readonly l1: number;
  readonly l2: number;
}

/** g + l1 sign(a) + 2 l2 a; sign(0) is 0. */
const addPenaltyKernel = defineElementwise<'a' | 'g', 'l1' | 'l2'>({
  name: 'AddSlopePenalty',
  inputs: ['a', 'g'],
  params: ['l1', 'l2'],
  scalar: (a, g, l1, l2) => g + l1 * Math.sign(a) + 2 * l2 * a,
  glsl: 'g + l1 * sign(a) + 2.0 * l2 * a',
  compose: ({ a, g }, { l1, l2 }) => add(add(g, mul(sign(a), l1)), mul(a, 2 * l2)),
});

const addPenalty = defineOp({
  name: 'slope penalty',
  inputs: ['a', 'g'],
  layout: 'any',
  forward: (inputs, { l1, l2 }: SlopePenalty) => runKernel(addPenaltyKernel, inputs, { l1, l2 }),
});

/** Gives slopes as they are; their gradient is that of the loss plus l1 sum |a| + l2 sum a^2. */
const penalised = defineOp({
  name: 'penalised slopes',
  inputs: ['a'],
  saves: ['a'],
  layout: 'logical',
  forward: ({ a }) => a,
  gradients: (g, { a }, penalty: SlopePenalty) => ({ a: () => addPenalty({ a, g }, penalty) }),
});

export function withPenalty(slopes: Variable, penalty: SlopePenalty): Variable {
  return penalised({ a: slopes }, penalty);
}
