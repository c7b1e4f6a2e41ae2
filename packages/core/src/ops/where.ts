import { checkVariables } from '../variable/new-variable.js';
import { DtypeError, flatly, formula as f } from '@tessera-nn/kernels';
import { zerosLike as zerosTensor } from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { broadcastingOp } from './broadcasting-op.js';

const whereOp = broadcastingOp({
  name: 'Where',
  inputs: ['condition', 'a', 'b'],
  value: ({ condition, a, b }) => f.select(f.eq(condition, 0), b, a),
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

/**
 * a where the condition (bool) holds, b elsewhere, broadcast. What is not chosen gets no gradient at all.
 *
 * Source: `torch.where`.
 * @throws DtypeError when the condition is not bool.
 * @throws ShapeError when the shapes do not broadcast.
 */
export function where(condition: Variable, a: Variable, b: Variable): Variable {
  checkVariables([condition, a, b], 'where');
  if (condition.dtype !== 'bool') {
    throw new DtypeError('where: the condition is not bool', {
      expected: 'bool',
      received: condition.dtype,
      hint: 'Compare: greater(x, 0)',
    });
  }
  return whereOp({ condition, a, b });
}
