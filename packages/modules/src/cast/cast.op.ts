import { defineOp, type Dtype, type Variable } from '@tessera-nn/core';
import { flatly } from '@tessera-nn/kernels';
import * as tf from '@tensorflow/tfjs-core';

const numbersOp = defineOp({
  name: 'cast',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, { dtype }: { dtype: Dtype }) => flatly([x], (flat) => tf.cast(flat, dtype)),
  gradients: () => ({ x: null }),
});

/** Numbers in another number type; fractions are cut off towards 0. No gradient goes through. */
export const numbersAs = (x: Variable, dtype: 'float32' | 'int32'): Variable => numbersOp({ x }, { dtype });
