import { defineOp, type Variable } from '@tessera-nn/core';
import { defineElementwise, formula, runKernel } from '@tessera-nn/kernels';

const { add, mul } = formula;

const addErrorKernel = defineElementwise({
  name: 'AddError',
  inputs: ['total', 'error'],
  params: ['samples'],
  formula: ({ total, error, samples }) => add(total, mul(error, samples)),
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
