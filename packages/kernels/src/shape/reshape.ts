import { backend, reshape, type Tensor } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { defineKernel, runKernel } from '../kernel.js';
import { isDense } from '../webgl/textures/tiled-tensor.js';

/** Shares the values: on WebGL too, where tfjs would copy a dense texture into its own order. */
const reshapeKernel = defineKernel<{ x: Tensor }, { shape: readonly number[] }, Tensor>({
  name: 'Reshape',
  outputs: ({ x }, { shape }) => ({ shape, dtype: x.dtype }),
  compose: ({ x }, { shape }) => reshape(x, [...shape]),
  webgl: ({ x }, { shape }) => {
    if (!isDense(x)) return undefined;
    (backend() as MathBackendWebGL).incRef(x.dataId);
    return { dataId: x.dataId, shape: [...shape], dtype: x.dtype };
  },
});

/** The same values under another shape, as a new tensor that shares them. */
export const reshapeTensor = (x: Tensor, shape: readonly number[]): Tensor =>
  runKernel(reshapeKernel, { x }, { shape });
