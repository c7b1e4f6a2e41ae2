import { defineOp, type Variable } from '@tessera-nn/core';
import { defineElementwise, runKernel } from '@tessera-nn/kernels';
import { add, mul } from '@tensorflow/tfjs-core';

const addErrorKernel = defineElementwise<'total' | 'error', 'samples'>({
  name: 'AddError',
  inputs: ['total', 'error'],
  params: ['samples'],
  scalar: (total, error, samples) => total + error * samples,
  glsl: 'total + error * samples',
  compose: ({ total, error }, { samples }) => add(total, mul(error, samples)),
});

const addErrorOp = defineOp({
  name: 'add error',
  inputs: ['total', 'error'],
  layout: 'logical',
  forward: (inputs, attrs: { samples: number }) => runKernel(addErrorKernel, inputs, attrs),
});

/** total + samples error, both of one element: in one draw, where a product and a sum take two. No gradient. */
export function addError(total: Variable, error: Variable, samples: number): Variable {
  return addErrorOp({ total, error }, { samples });
}
