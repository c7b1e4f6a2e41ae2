import { affine, defineOp, pow, type Variable } from '@tessera-nn/core';
import { defineElementwise, formula as f, runKernel } from '@tessera-nn/kernels';
import { overImages, sumByMap } from './by-map.js';

/** y = scale (x - mean) / sqrt(variance + epsilon) + bias over channels-last images, by statistics that are given. */
const inferenceKernel = defineElementwise({
  name: 'BatchNormInference',
  inputs: ['x', 'mean', 'variance', 'scale', 'bias'],
  params: ['epsilon'],
  formula: ({ x, mean, variance, scale, bias, epsilon }) =>
    f.add(f.mul(f.sub(x, mean), f.div(scale, f.sqrt(f.add(variance, epsilon)))), bias),
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
