import { matMul, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { float32 } from '../float32.js';
import { defineKernel } from '../kernel.js';
import { allFilled } from '../webgl/drawing/workbench.js';
import type { MatmulAttrs } from './matmul-inputs.js';

const BYTES = 4; // of a float32

type Pair = Record<'a' | 'b', Tensor>;

function sizesOf({ a, b }: Pair, { transposeA, transposeB }: MatmulAttrs) {
  const [batch, first, second] = a.shape as [number, number, number];
  const [m, k] = transposeA ? [second, first] : [first, second];
  return { batch, m, k, n: b.shape[transposeB ? 1 : 2]! };
}

/** One product of [m, k] and [k, n] after another; either factor may be given transposed. */
export const batchMatmulKernel = defineKernel<Pair, MatmulAttrs, Tensor>({
  name: 'BatchMatmul',
  outputs: (pair, attrs) => {
    const { batch, m, n } = sizesOf(pair, attrs);
    return { shape: [batch, m, n] };
  },
  compose: ({ a, b }, attrs) => {
    const { batch, m, n } = sizesOf({ a, b }, attrs);
    if (!allFilled(a, b)) return zeros([batch, m, n]); // sums of nothing, which tfjs's kernels do not write
    return matMul(float32(a), float32(b), attrs.transposeA, attrs.transposeB);
  },
  companion: ({ functions, at: { a, b }, inputs, outputs: [c], share }, { transposeA, transposeB }) => {
    const { batch, m, k, n } = sizesOf(inputs, { transposeA, transposeB });
    const turned = [Number(transposeA), Number(transposeB)];
    const parts = Array.from({ length: batch }, (_, i) => [
      ...[a + i * m * k * BYTES, b + i * k * n * BYTES, 0, c! + i * m * n * BYTES],
      ...[m, n, k, ...turned, 0, m, 0, n],
    ]);
    share('matmul', parts, functions.matmulScratch());
  },
});
