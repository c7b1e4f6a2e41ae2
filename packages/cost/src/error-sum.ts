import { defineOp, type Op, type Variable } from '@tessera-nn/core';
import { defineElementwise, runKernel } from '@tessera-nn/kernels';
import { add, mul, type Tensor } from '@tensorflow/tfjs-core';

const addErrorKernel = defineElementwise<'total' | 'error', 'samples'>({
  name: 'AddError',
  inputs: ['total', 'error'],
  params: ['samples'],
  scalar: (total, error, samples) => total + error * samples,
  glsl: 'total + error * samples',
  compose: ({ total, error }, { samples }) => add(total, mul(error, samples)),
});

const addErrorOp: Op<{ samples: number }, Tensor> = defineOp<{ samples: number }, Tensor>({
  name: 'add error',
  layout: 'logical',
  forward: (_, [total, error], attrs) => runKernel(addErrorKernel, { total: total!, error: error! }, attrs),
});

/** total + samples error, both of one element: in one draw, where a product and a sum take two. No gradient. */
export function addError(total: Variable, error: Variable, samples: number): Variable {
  return addErrorOp([total, error], { samples });
}
