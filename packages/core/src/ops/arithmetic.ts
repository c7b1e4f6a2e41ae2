import { addKernel, divideKernel, multiplyKernel, runKernel, subtractKernel } from '@tessera-nn/kernels';
import { addN, type Tensor } from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { scale } from './affine.js';
import { checkBroadcast } from './broadcast.js';
import { sumTo } from './reduce.js';

const addOp = defineOp({
  name: 'add',
  layout: 'any',
  forward: (_, [a, b]) => runKernel(addKernel, { a: a!, b: b! }, {}),
  backward: ({ inputShapes, needsGrad }, [g]) =>
    inputShapes.map((shape, i) => (needsGrad[i] ? sumTo(g!, shape) : null)),
});

const subOp = defineOp({
  name: 'sub',
  layout: 'any',
  forward: (_, [a, b]) => runKernel(subtractKernel, { a: a!, b: b! }, {}),
  backward: ({ inputShapes, needsGrad }, [g]) => [
    needsGrad[0] ? sumTo(g!, inputShapes[0]!) : null,
    needsGrad[1] ? sumTo(scale(g!, -1), inputShapes[1]!) : null,
  ],
});

const mulOp = defineOp({
  name: 'mul',
  layout: 'any',
  forward: (context, [a, b]) => {
    context.saveInputs(0, 1);
    return runKernel(multiplyKernel, { a: a!, b: b! }, {});
  },
  backward: ({ input, inputShapes, needsGrad }, [g]) => [
    needsGrad[0] ? sumTo(mul(g!, input(1)), inputShapes[0]!) : null,
    needsGrad[1] ? sumTo(mul(g!, input(0)), inputShapes[1]!) : null,
  ],
});

const divOp = defineOp({
  name: 'div',
  layout: 'any',
  forward: (context, [a, b]) => {
    context.saveInputs(0, 1);
    return runKernel(divideKernel, { a: a!, b: b! }, {});
  },
  backward: ({ input, inputShapes, needsGrad }, [g]) => {
    const overB = div(g!, input(1));
    return [
      needsGrad[0] ? sumTo(overB, inputShapes[0]!) : null,
      needsGrad[1] ? sumTo(scale(mul(overB, div(input(0), input(1))), -1), inputShapes[1]!) : null,
    ];
  },
});

/** tfjs-wasm writes the numbers of all terms on a stack of 64 KiB, and beyond 16,000 over what lies behind it. */
const TERMS_AT_ONCE = 1024;

function addTensors(tensors: readonly Tensor[]): Tensor {
  let terms = tensors;
  while (terms.length > TERMS_AT_ONCE) {
    const groups = Math.ceil(terms.length / TERMS_AT_ONCE);
    const all = terms;
    terms = Array.from({ length: groups }, (_, i) => addN(all.slice(i * TERMS_AT_ONCE, (i + 1) * TERMS_AT_ONCE)));
  }
  return addN([...terms]);
}

const addAllOp = defineOp({
  name: 'addAll',
  layout: 'any',
  forward: (_, tensors) => addTensors(tensors),
  backward: ({ needsGrad }, [g]) => needsGrad.map((needed) => (needed ? g! : null)),
});

/** a + b, broadcast. */
export function add(a: Variable, b: Variable): Variable {
  checkBroadcast('add', a, b);
  return addOp([a, b]);
}

/** a - b, broadcast. */
export function sub(a: Variable, b: Variable): Variable {
  checkBroadcast('sub', a, b);
  return subOp([a, b]);
}

/** a b, element by element, broadcast. */
export function mul(a: Variable, b: Variable): Variable {
  checkBroadcast('mul', a, b);
  return mulOp([a, b]);
}

/** a / b, element by element, broadcast. */
export function div(a: Variable, b: Variable): Variable {
  checkBroadcast('div', a, b);
  return divOp([a, b]);
}

/** The sum of Variables of one shape, in one step; a single one is given back as it is. */
export function addAll(terms: readonly Variable[]): Variable {
  return terms.length === 1 ? terms[0]! : addAllOp(terms);
}
