import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { backend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { defineElementwise, type ElementwiseKernel } from '../elementwise/elementwise.js';
import { add, div, mul, sub, type Formula } from '../formula/formula.js';

/** Whether it is the number 1, which never went to the GPU: the seed of most backward passes. */
function isOneOnHost({ dataId, size, dtype }: Tensor): boolean {
  if (size !== 1 || dtype !== 'float32') return false;
  const { values } = (backend() as MathBackendWebGL).texData.get(dataId);
  return values?.[0] === 1;
}

/** What is multiplied by that number, as it is. */
function timesOne({ a, b }: Record<Pair, Tensor>): TensorInfo | undefined {
  const { dataId, shape, dtype, rank } = a;
  if (dtype !== 'float32' || !isOneOnHost(b) || rank < b.rank) return undefined;
  (backend() as MathBackendWebGL).incRef(dataId);
  return { dataId, shape, dtype };
}

type Pair = 'a' | 'b';

const arithmetic = (name: string, of: (a: Formula, b: Formula) => Formula): ElementwiseKernel<Pair, never> =>
  defineElementwise<Pair>({ name, inputs: ['a', 'b'], formula: ({ a, b }) => of(a, b) });

const product = arithmetic('Multiply', mul);

/** a + b, each broadcast to the other by NumPy's rules. */
export const addKernel = arithmetic('Add', add);
/** a - b, broadcast. */
export const subtractKernel = arithmetic('Subtract', sub);
/** a b, broadcast. */
export const multiplyKernel: ElementwiseKernel<Pair, never> = {
  ...product,
  webgl: (pair, attrs) => timesOne(pair) ?? product.webgl!(pair, attrs),
};
/** a / b, broadcast. tfjs's own WebGL division returns 1 for 0 / 0 and for Infinity / Infinity. */
export const divideKernel = arithmetic('Divide', div);
