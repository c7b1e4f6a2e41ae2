import { defineOp, type Variable } from '@tessera-nn/core';
import { defineKernel, runKernel } from '@tessera-nn/kernels';
import { add, mean, mul, reshape, rsqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { batchNormGradientLaunch, batchNormLaunch } from './batch-norm-2d.webgl.js';
import { batchNormCurvature, statisticsGradient } from './batch-norm-curvature.js';

/** What is normalised, and the running statistics, which are not changed but given back as new ones. */
type Normalized = { x: Tensor; scale: Tensor; bias: Tensor; mean: Tensor; variance: Tensor };

/** `factor` is the share of this batch in the new running statistics. */
interface TrainingAttrs {
  epsilon: number;
  factor: number;
}

const BYTES = 4; // of a float32

/** Images as [places, maps]; statistics run over the places. */
const byPlace = (x: Tensor, maps: number): Tensor => reshape(x, [-1, maps]);

/** What the biased variance becomes in the running one, which is unbiased. */
const varianceShare = (factor: number, places: number) => (factor * places) / (places - 1);

/**
 * y = scale (x - m) / sqrt(v + epsilon) + bias over each map, with m and v its mean and biased variance.
 * Gives y, m, 1 / sqrt(v + epsilon) and the new running mean and unbiased variance. The variance is taken around the
 * mean, in a second pass, or around an estimate of it: sums of squares would cancel for maps whose mean is large.
 */
const batchNormKernel = defineKernel<Normalized, TrainingAttrs, Tensor[]>({
  name: 'BatchNormTraining',
  outputs: ({ x, scale }) => [{ shape: x.shape }, ...[0, 1, 2, 3].map(() => ({ shape: [scale.size] }))],
  compose: ({ x, scale, bias, mean: runningMean, variance: runningVariance }, { epsilon, factor }) => {
    const rows = byPlace(x, scale.size);
    const centre: Tensor = mean(rows, 0);
    const deviation = sub(rows, centre);
    // The mean is rounded, and would add the square of that to the variance.
    const variance: Tensor = mean(square(sub(deviation, mean(deviation, 0))), 0);
    const inverse: Tensor = rsqrt(add(variance, epsilon));
    const y = add(mul(deviation, mul(inverse, scale)), bias);
    const blend = (running: Tensor, current: Tensor, share: number) =>
      add(mul(running, 1 - factor), mul(current, share));
    return [
      reshape(y, x.shape),
      centre,
      inverse,
      blend(runningMean, centre, factor),
      blend(runningVariance, variance, varianceShare(factor, rows.shape[0])),
    ];
  },
  companion: ({ functions, at, inputs, outputs, scratch }, { epsilon, factor }) => {
    const [y, centre, inverse, runningMean, runningVariance] = outputs as [number, number, number, number, number];
    const maps = inputs.scale.size;
    const places = inputs.x.size / maps;
    const [factors, variance] = [scratch(BYTES * maps), scratch(BYTES * maps)];
    functions.batchNorm(at.x, at.scale, at.bias, y, centre, variance, inverse, places, maps, epsilon, factors);
    // w - rate g is what blends: first the old part, then the new one onto it.
    functions.sgd(at.mean, at.mean, runningMean, maps, factor);
    functions.sgd(runningMean, centre, runningMean, maps, -factor);
    functions.sgd(at.variance, at.variance, runningVariance, maps, factor);
    functions.sgd(runningVariance, variance, runningVariance, maps, -varianceShare(factor, places));
  },
  loops: (
    { values: { x, scale, bias, mean: runningMean, variance: runningVariance }, outputs },
    { epsilon, factor },
  ) => {
    const [y, centre, inverse, newMean, newVariance] = outputs as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const maps = scale.length;
    const places = x.length / maps;
    const sums = new Float64Array(maps);
    for (let i = 0; i < x.length;) for (let c = 0; c < maps; c++, i++) sums[c] = sums[c]! + x[i]!;
    for (let c = 0; c < maps; c++) centre[c] = sums[c]! /= places;
    const squares = new Float64Array(maps);
    for (let i = 0; i < x.length;) {
      for (let c = 0; c < maps; c++, i++) {
        const deviation = x[i]! - sums[c]!;
        squares[c] = squares[c]! + deviation * deviation;
      }
    }
    const factors = new Float32Array(maps);
    for (let c = 0; c < maps; c++) {
      const variance = squares[c]! / places;
      inverse[c] = 1 / Math.sqrt(variance + epsilon);
      factors[c] = inverse[c]! * scale[c]!;
      newMean[c] = runningMean[c]! * (1 - factor) + centre[c]! * factor;
      newVariance[c] = runningVariance[c]! * (1 - factor) + variance * varianceShare(factor, places);
    }
    for (let i = 0; i < x.length;) {
      for (let c = 0; c < maps; c++, i++) y[i] = (x[i]! - centre[c]!) * factors[c]! + bias[c]!;
    }
  },
  webgl: (inputs, { epsilon, factor }) => {
    const places = inputs.x.size / inputs.scale.size;
    return batchNormLaunch(inputs, { epsilon, factor, varianceShare: varianceShare(factor, places), places });
  },
});

type Differentiated = { x: Tensor; g: Tensor; scale: Tensor; centre: Tensor; inverse: Tensor };

/** With h = (x - m) inverse and N places: dx = scale inverse (g - mean g - h mean(g h)), dscale = sum g h, dbias = sum g. */
const batchNormGradientKernel = defineKernel<Differentiated, object, Tensor[]>({
  name: 'BatchNormTrainingGradient',
  outputs: ({ x, scale }) => [{ shape: x.shape }, { shape: [scale.size] }, { shape: [scale.size] }],
  compose: ({ x, g, scale, centre, inverse }) => {
    const normal = mul(sub(byPlace(x, scale.size), centre), inverse);
    const grads = byPlace(g, scale.size);
    const dbias: Tensor = sum(grads, 0);
    const dscale: Tensor = sum(mul(grads, normal), 0);
    const places = normal.shape[0];
    const shared = add(mul(dbias, 1 / places), mul(normal, mul(dscale, 1 / places)));
    return [reshape(mul(sub(grads, shared), mul(scale, inverse)), x.shape), dscale, dbias];
  },
  companion: ({ functions, at: { x, g, scale, centre, inverse }, inputs, outputs, scratch }) => {
    const [dx, dscale, dbias] = outputs as [number, number, number];
    const maps = inputs.scale.size;
    const places = inputs.x.size / maps;
    const coefficients = scratch(3 * BYTES * maps);
    functions.batchNormGradient(x, g, scale, centre, inverse, dx, dscale, dbias, places, maps, coefficients);
  },
  loops: ({ values: { x, g, scale, centre, inverse }, outputs }) => {
    const [dx, dscale, dbias] = outputs as [Float32Array, Float32Array, Float32Array];
    const maps = scale.length;
    const places = x.length / maps;
    const sums = new Float64Array(maps);
    const products = new Float64Array(maps);
    for (let i = 0; i < x.length;) {
      for (let c = 0; c < maps; c++, i++) {
        sums[c] = sums[c]! + g[i]!;
        products[c] = products[c]! + g[i]! * (x[i]! - centre[c]!);
      }
    }
    // dx = a g + b (x - m) + d, with one a, b and d for each map
    const [a, b, d] = [0, 1, 2].map(() => new Float32Array(maps)) as [Float32Array, Float32Array, Float32Array];
    for (let c = 0; c < maps; c++) {
      dbias[c] = sums[c]!;
      dscale[c] = products[c]! * inverse[c]!;
      a[c] = scale[c]! * inverse[c]!;
      b[c] = (-scale[c]! * inverse[c]! ** 3 * products[c]!) / places;
      d[c] = (-scale[c]! * inverse[c]! * sums[c]!) / places;
    }
    for (let i = 0; i < x.length;) {
      for (let c = 0; c < maps; c++, i++) dx[i] = a[c]! * g[i]! + b[c]! * (x[i]! - centre[c]!) + d[c]!;
    }
  },
  webgl: batchNormGradientLaunch,
});

/** The kernel as a function of all it takes, the statistics too, which lead back to x through the forward op. */
const gradientOp = defineOp({
  name: 'batch norm gradient',
  inputs: ['x', 'g', 'scale', 'centre', 'inverse'],
  results: ['dx', 'dscale', 'dbias'],
  saves: ['x', 'g', 'scale', 'centre', 'inverse'],
  layout: { x: 'channelsLast', g: 'channelsLast' },
  forward: (inputs) => runKernel(batchNormGradientKernel, inputs, {}),
  gradients: batchNormCurvature,
});

const batchNormOp = defineOp({
  name: 'batch norm',
  inputs: ['x', 'scale', 'bias', 'mean', 'variance'],
  results: ['y', 'centre', 'inverse', 'newMean', 'newVariance'],
  saves: ['x', 'scale', 'centre', 'inverse'],
  layout: { x: 'channelsLast' },
  forward: (inputs, attrs: TrainingAttrs) => runKernel(batchNormKernel, inputs, attrs),
  // The statistics have gradients only where the gradient itself is differentiated.
  gradients: ({ y: g, ...ofStatistics }, saved) => {
    const direct = g && gradientOp({ ...saved, g });
    const throughStatistics = statisticsGradient(ofStatistics, saved);
    return {
      x: () => (direct && throughStatistics ? direct.dx.add(throughStatistics) : (direct?.dx ?? throughStatistics)),
      scale: () => direct?.dscale,
      bias: () => direct?.dbias,
      mean: null,
      variance: null,
    };
  },
});

/** Running mean and variance of each map, and the share of a new batch in them. */
export interface RunningStatistics {
  mean: Variable;
  variance: Variable;
  factor: number;
}

/** Batch normalisation by the batch's own statistics: the output, the mean, 1 / sqrt(variance + epsilon), and what the running statistics become. */
export function batchNorm(
  x: Variable,
  scale: Variable,
  bias: Variable,
  epsilon: number,
  { factor, ...running }: RunningStatistics,
): Record<'y' | 'centre' | 'inverse' | 'newMean' | 'newVariance', Variable> {
  return batchNormOp({ x, scale, bias, ...running }, { epsilon, factor });
}
