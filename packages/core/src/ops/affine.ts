import { checkVariables } from '../variable/new-variable.js';
import { flatly, formula } from '@tessera-nn/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { elementwiseOp } from './elementwise-op.js';

const { add, div, mul } = formula;

const affineOp = elementwiseOp<'factor' | 'offset'>({
  name: 'Affine',
  params: ['factor', 'offset'],
  value: ({ x, factor, offset }) => add(mul(x, factor), offset),
});

const wholeAffineOp = defineOp({
  name: 'affine',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, { factor, offset }: { factor: number; offset: number }) =>
    flatly([x], (flat) => tf.add(tf.mul(flat, tf.scalar(factor, 'int32')), tf.scalar(offset, 'int32'))),
  gradients: () => ({ x: null }),
});

/** factor x + offset; int32 where all three are whole numbers. */
export function affine(x: Variable, factor: number, offset: number): Variable {
  checkVariables([x], 'affine');
  if (x.dtype === 'int32' && Number.isInteger(factor) && Number.isInteger(offset)) {
    return wholeAffineOp({ x }, { factor, offset });
  }
  return affineOp(x, { factor, offset });
}

/** factor x. Adding -0 changes no number; adding 0 would make 0 of -0. */
export function scale(x: Variable, factor: number): Variable {
  return affine(x, factor, -0);
}

const quotientOp = elementwiseOp<'divisor'>({
  name: 'Quotient',
  params: ['divisor'],
  value: ({ x, divisor }) => div(x, divisor),
});

/** x / divisor. A product with 1 / divisor would be infinite for very small divisors. */
export function divideBy(x: Variable, divisor: number): Variable {
  return quotientOp(x, { divisor });
}
