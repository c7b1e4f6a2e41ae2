import type { Tensor } from '@tensorflow/tfjs-core';

export type MatmulInputs = { a: Tensor; b: Tensor; bias: Tensor | undefined };

export interface MatmulAttrs {
  /** a is [k, m] instead of [m, k]. */
  transposeA: boolean;
  /** b is [n, k] instead of [k, n]. */
  transposeB: boolean;
}
