import { defineOp, option, optionsOf, type Given, type Values, type Variable } from '@tessera-nn/core';
import { defineElementwise, formula as f, runKernel } from '@tessera-nn/kernels';

/** Factors of the absolute values and of the squares in a penalty on slopes, as Keras' `l1_l2`. */
export const penaltyOptions = optionsOf('alphaRegularizer', {
  l1: option.numberFrom(0).or(0),
  l2: option.numberFrom(0).or(0),
});
export type SlopePenaltyOptions = Given<typeof penaltyOptions>;
export type SlopePenalty = Values<typeof penaltyOptions>;

/** g + l1 sign(a) + 2 l2 a; sign(0) is 0. */
const addPenaltyKernel = defineElementwise({
  name: 'AddSlopePenalty',
  inputs: ['a', 'g'],
  params: ['l1', 'l2'],
  formula: ({ a, g, l1, l2 }) => f.add(f.add(g, f.mul(l1, f.sign(a))), f.mul(f.mul(2, l2), a)),
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
