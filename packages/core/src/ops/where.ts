import { DtypeError, flatly, ShapeError, shapeText } from '@tessera-nn/kernels';
import {
  greater as greaterTensor,
  where as whereTensor,
  zerosLike as zerosTensor,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';

const whereOp = defineOp({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  saves: ['condition'],
  layout: 'any',
  forward: ({ condition, a, b }) => flatly([condition, a, b], whereTensor),
  gradients: (g, { condition }) => {
    const nothing = zerosLike(g);
    return { condition: null, a: () => where(condition, g, nothing), b: () => where(condition, nothing, g) };
  },
});

const zerosOp = defineOp({
  name: 'zeros',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }) => flatly([x], zerosTensor),
  gradients: () => ({ x: null }),
});

/** Zeros of the shape and layout of x. */
export const zerosLike = (x: Variable): Variable => zerosOp({ x });

const greaterOp = defineOp({
  name: 'greater',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, { bound }: { bound: number }) => flatly([x], (flat): Tensor => greaterTensor(flat, bound)),
  gradients: () => ({ x: null }),
});

/** x > bound in each element, as bool: a condition for `where`. False for NaN. No gradient comes from it. */
export const greater = (x: Variable, bound: number): Variable => greaterOp({ x }, { bound });

/** a where the condition (bool) holds, b elsewhere; all of one shape. What is not chosen gets no gradient at all. */
export function where(condition: Variable, a: Variable, b: Variable): Variable {
  const [shape, ...others] = [a, b, condition].map((variable) => shapeText(variable.shape));
  if (others.some((other) => other !== shape)) {
    throw new ShapeError('where: the condition and both choices have one shape', {
      expected: shape!,
      received: others.join(' and the condition '),
    });
  }
  if (condition.dtype !== 'bool') {
    throw new DtypeError('where: the condition is not a bool', { expected: 'bool', received: condition.dtype });
  }
  return whereOp({ condition, a, b });
}
