import { checkVariableList } from '../variable/new-variable.js';
import {
  ShapeError,
  addKernel,
  divideKernel,
  flatly,
  multiplyKernel,
  runKernel,
  subtractKernel,
} from '@tessera-nn/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineListOp } from '../autograd/list-op.js';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { scale } from './affine.js';
import { checkBroadcast } from './broadcast.js';
import { sumTo } from './reduce.js';
import { areWhole, wholly } from './whole-numbers.js';

const addOp = defineOp({
  name: 'add',
  inputs: ['a', 'b'],
  layout: 'any',
  forward: ({ a, b }) => (areWhole(a, b) ? wholly(a, b, tf.add) : runKernel(addKernel, { a, b }, {})),
  gradients: (g, _saved, _attrs, { a, b }) => ({ a: () => sumTo(g, a), b: () => sumTo(g, b) }),
});

const subOp = defineOp({
  name: 'sub',
  inputs: ['a', 'b'],
  layout: 'any',
  forward: ({ a, b }) => (areWhole(a, b) ? wholly(a, b, tf.sub) : runKernel(subtractKernel, { a, b }, {})),
  gradients: (g, _saved, _attrs, { a, b }) => ({ a: () => sumTo(g, a), b: () => sumTo(scale(g, -1), b) }),
});

const mulOp = defineOp({
  name: 'mul',
  inputs: ['a', 'b'],
  saves: ['a', 'b'],
  layout: 'any',
  forward: ({ a, b }) => (areWhole(a, b) ? wholly(a, b, tf.mul) : runKernel(multiplyKernel, { a, b }, {})),
  gradients: (g, { a, b }) => ({ a: () => sumTo(mul(g, b), a.shape), b: () => sumTo(mul(g, a), b.shape) }),
});

const divOp = defineOp({
  name: 'div',
  inputs: ['a', 'b'],
  saves: ['a', 'b'],
  layout: 'any',
  forward: ({ a, b }) => runKernel(divideKernel, { a, b }, {}),
  gradients: (g, { a, b }) => ({
    a: () => sumTo(div(g, b), a.shape),
    // Not of g / b, which may be infinite where a / b is 0.
    b: () => sumTo(scale(div(mul(g, div(a, b)), b), -1), b.shape),
  }),
});

/** tfjs-wasm writes the numbers of all terms on a stack of 64 KiB, and beyond 16,000 over what lies behind it. */
const TERMS_AT_ONCE = 1024;

const addTogether = (terms: readonly Tensor[]): Tensor => flatly(terms, (...flat) => tf.addN(flat));

function addTensors(tensors: readonly Tensor[]): Tensor {
  let terms = tensors;
  while (terms.length > TERMS_AT_ONCE) {
    const groups = Math.ceil(terms.length / TERMS_AT_ONCE);
    const all = terms;
    terms = Array.from({ length: groups }, (_, i) =>
      addTogether(all.slice(i * TERMS_AT_ONCE, (i + 1) * TERMS_AT_ONCE)),
    );
  }
  return addTogether(terms);
}

const addAllOp = defineListOp({
  name: 'addAll',
  layout: 'any',
  forward: addTensors,
  gradients: ([g], { wanted }) => wanted.map(() => () => g),
});

/** a + b, broadcast. The sum of whole numbers (int32) is one, and so are difference and product. */
export function add(a: Variable, b: Variable): Variable {
  checkBroadcast('add', a, b);
  return addOp({ a, b });
}

/** a - b, broadcast. */
export function sub(a: Variable, b: Variable): Variable {
  checkBroadcast('sub', a, b);
  return subOp({ a, b });
}

/** a b, element by element, broadcast. */
export function mul(a: Variable, b: Variable): Variable {
  checkBroadcast('mul', a, b);
  return mulOp({ a, b });
}

/** a / b, element by element, broadcast. */
export function div(a: Variable, b: Variable): Variable {
  checkBroadcast('div', a, b);
  return divOp({ a, b });
}

/** The sum of Variables of one shape, in one step; a single one is given back as it is. */
export function addAll(terms: readonly Variable[]): Variable {
  checkVariableList(terms, 'addAll');
  if (terms.length === 0) throw new ShapeError('addAll adds one or more Variables', { received: 'none' });
  return terms.length === 1 ? terms[0]! : addAllOp(terms);
}
