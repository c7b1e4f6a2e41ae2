import { add, matMul, type Tensor } from '@tensorflow/tfjs-core';
import { allFloat32, float32 } from '../float32.js';
import { defineKernel } from '../kernel.js';
import { matmulCompanion } from './matmul.companion.js';
import type { MatmulAttrs, MatmulInputs } from './matmul-inputs.js';
import { matmulWasm } from './matmul.wasm.js';
import { matmulWebgl } from './matmul.webgl.js';

/** y[m, n] = sum over k of a[m, k] b[k, n], plus bias[n] when given; either factor may be given transposed. */
export const matmulKernel = defineKernel<MatmulInputs, MatmulAttrs, Tensor>({
  name: 'Matmul',
  outputs: ({ a, b }, { transposeA, transposeB }) => ({
    shape: [a.shape[transposeA ? 1 : 0]!, b.shape[transposeB ? 0 : 1]!],
  }),
  compose: ({ a, b, bias }, { transposeA, transposeB }) => {
    const product: Tensor = matMul(float32(a), float32(b), transposeA, transposeB);
    return bias ? add(product, bias) : product;
  },
  companion: matmulCompanion,
  wasm: (inputs, attrs) => (allFloat32(inputs.a, inputs.b) ? matmulWasm(inputs, attrs) : undefined),
  webgl: matmulWebgl,
});
