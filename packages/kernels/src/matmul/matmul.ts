import { add, matMul, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { allFloat32, float32 } from '../float32.js';
import { defineKernel } from '../kernel.js';
import { matmulCompanion } from './matmul.companion.js';
import type { MatmulAttrs, MatmulInputs } from './matmul-inputs.js';
import { matmulWasm } from './matmul.wasm.js';
import { matmulWebgl } from './matmul.webgl.js';
import { allFilled } from '../webgl/drawing/workbench.js';

/** y[m, n] = sum over k of a[m, k] b[k, n], plus bias[n] when given; either factor may be given transposed. */
export const matmulKernel = defineKernel<MatmulInputs, MatmulAttrs, Tensor>({
  name: 'Matmul',
  outputs: (inputs, attrs) => ({ shape: productShape(inputs, attrs) }),
  compose: ({ a, b, bias }, attrs) => {
    const { transposeA, transposeB } = attrs;
    const product: Tensor = allFilled(a, b)
      ? matMul(float32(a), float32(b), transposeA, transposeB)
      : zeros(productShape({ a, b }, attrs)); // sums of nothing, which tfjs's kernels do not write
    return bias ? add(product, bias) : product;
  },
  companion: matmulCompanion,
  wasm: (inputs, attrs) =>
    allFloat32(inputs.a, inputs.b) && allFilled(inputs.a, inputs.b) ? matmulWasm(inputs, attrs) : undefined,
  webgl: matmulWebgl,
});

function productShape(
  { a, b }: Pick<MatmulInputs, 'a' | 'b'>,
  { transposeA, transposeB }: MatmulAttrs,
): [number, number] {
  return [a.shape[transposeA ? 1 : 0]!, b.shape[transposeB ? 0 : 1]!];
}
