import { affine, defineOp, pow, type Variable } from '@tessera-nn/core';
import { defineKernel, runKernel } from '@tessera-nn/kernels';
import { add, mul, rsqrt, sub, type Tensor } from '@tensorflow/tfjs-core';
import { batchNormInferenceLaunch } from './batch-norm-2d.webgl.js';
import { overImages, sumByMap } from './by-map.js';

type Normalized = { x: Tensor; mean: Tensor; variance: Tensor; scale: Tensor; bias: Tensor };

/** y = scale (x - mean) / sqrt(variance + epsilon) + bias over channels-last images, by statistics that are given. */
const inferenceKernel = defineKernel<Normalized, { epsilon: number }, Tensor>({
  name: 'BatchNormInference',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x, mean, variance, scale, bias }, { epsilon }) =>
    add(mul(sub(x, mean), mul(scale, rsqrt(add(variance, epsilon)))), bias),
  loops: ({ values: { x, mean, variance, scale, bias }, outputs: [y] }, { epsilon }) => {
    const maps = scale.length;
    const factors = scale.map((value, c) => value / Math.sqrt(variance[c]! + epsilon));
    for (let i = 0; i < x.length;) {
      for (let c = 0; c < maps; c++, i++) y![i] = (x[i]! - mean[c]!) * factors[c]! + bias[c]!;
    }
  },
  webgl: batchNormInferenceLaunch,
});

const inferenceOp = defineOp({
  name: 'batch norm inference',
  inputs: ['x', 'mean', 'variance', 'scale', 'bias'],
  saves: ['x', 'mean', 'variance', 'scale'],
  layout: { x: 'channelsLast' },
  forward: (inputs, attrs: { epsilon: number }) => runKernel(inferenceKernel, inputs, attrs),
  // In Variables and ops, so that a gradient through frozen statistics can itself be differentiated.
  gradients: (g, { x, mean, variance, scale }, { epsilon }) => {
    const inverse = () => pow(affine(variance, 1, epsilon), -0.5);
    const deviation = () => x.sub(overImages(mean));
    const factor = () => inverse().mul(scale);
    return {
      x: () => g.mul(overImages(factor())),
      mean: () => affine(sumByMap(g).mul(factor()), -1, 0),
      variance: () => affine(sumByMap(g.mul(deviation())).mul(factor()).mul(pow(inverse(), 2)), -0.5, 0),
      scale: () => sumByMap(g.mul(deviation())).mul(inverse()),
      bias: () => sumByMap(g),
    };
  },
});

/** Batch normalisation by given statistics of each map. */
export function batchNormInference(
  x: Variable,
  statistics: { mean: Variable; variance: Variable },
  scale: Variable,
  bias: Variable,
  epsilon: number,
): Variable {
  return inferenceOp({ x, ...statistics, scale, bias }, { epsilon });
}
