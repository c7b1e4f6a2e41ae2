import { checkVariables } from '../variable/new-variable.js';
import { defineElementwise, formula as f, reshapeTensor, runKernel, sizeOf, type Formula } from '@tessera-nn/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { checkBroadcast } from './broadcast.js';
import { constant } from './constant.js';
import { areWhole, wholly } from './whole-numbers.js';

type Condition = ReturnType<typeof f.eq>;

/** What holds as bool. Flat, for tfjs does not cast what it cannot broadcast. */
const truth = (numbers: Tensor): Tensor =>
  reshapeTensor(tf.cast(reshapeTensor(numbers, [sizeOf(numbers.shape)]), 'bool'), numbers.shape);

/** A comparison as an op: by a formula, and by tfjs for whole numbers, which float32 would round. */
function comparison(
  name: string,
  holds: (a: Formula, b: Formula) => Condition,
  ofWhole: (a: Tensor, b: Tensor) => Tensor,
): (a: Variable, b: Variable | number) => Variable {
  const opName = name[0]!.toLowerCase() + name.slice(1);
  const kernel = defineElementwise({
    name,
    inputs: ['a', 'b'],
    formula: ({ a, b }) => f.select(holds(a, b), 1, 0),
  });
  const op = defineOp({
    name: opName,
    inputs: ['a', 'b'],
    layout: 'any',
    forward: ({ a, b }) => (areWhole(a, b) ? wholly(a, b, ofWhole) : truth(runKernel(kernel, { a, b }, {}))),
    gradients: () => ({ a: null, b: null }),
  });
  return (a, b) => {
    checkVariables([a], opName);
    const other = typeof b === 'number' ? constant(b, a) : b;
    checkBroadcast(opName, a, other);
    return op({ a, b: other });
  };
}

const isTrue = (x: Formula): Formula => f.select(f.eq(x, 0), 0, 1);

/** a = b in each element, as bool, broadcast. NaN equals nothing. No gradient comes from it. */
export const equal = comparison('Equal', f.eq, tf.equal);
/** a > b in each element, as bool, broadcast: a condition for `where`. False for NaN. No gradient comes from it. */
export const greater = comparison('Greater', f.gt, tf.greater);
/** a >= b in each element, as bool, broadcast. False for NaN. No gradient comes from it. */
export const greaterEqual = comparison('GreaterEqual', f.ge, tf.greaterEqual);
/** a < b in each element, as bool, broadcast. False for NaN. No gradient comes from it. */
export const less = comparison('Less', f.lt, tf.less);
/** a <= b in each element, as bool, broadcast. False for NaN. No gradient comes from it. */
export const lessEqual = comparison('LessEqual', f.le, tf.lessEqual);
/** Whether both are true, which is what is not 0, as bool, broadcast. */
export const logicalAnd = comparison(
  'LogicalAnd',
  (a, b) => f.eq(f.min(isTrue(a), isTrue(b)), 1),
  (a, b) => tf.logicalAnd(tf.cast(a, 'bool'), tf.cast(b, 'bool')),
);
/** Whether one is true, or both, as bool, broadcast. */
export const logicalOr = comparison(
  'LogicalOr',
  (a, b) => f.eq(f.max(isTrue(a), isTrue(b)), 1),
  (a, b) => tf.logicalOr(tf.cast(a, 'bool'), tf.cast(b, 'bool')),
);
/** Whether it is false, which is 0, as bool. */
export const logicalNot = (x: Variable): Variable => equal(x, 0);
