import {
  allFilled,
  elementwiseLaunch,
  onWorkbench,
  reduceLaunch,
  reductionOf,
  type Workbench,
} from '@tessera-nn/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** The axes of channels-last images that statistics run over. */
const PLACES = [0, 1, 2];

interface TrainingNumbers {
  epsilon: number;
  factor: number;
  varianceShare: number;
  /** Values of each map. */
  places: number;
}

/** Such a share of the places is looked at before all are summed up. */
const SAMPLE = 1 / 4;

/**
 * An estimate of the means, in one draw or two: the mean of the first places. From the mean of all places it is at most
 * sqrt(1 / SAMPLE) standard deviations away, whatever the values are, so that sums of squares around it are at most
 * 1 / SAMPLE times those around the mean. Around a single value they may be so much larger that no digit is left.
 */
function estimateMeans(bench: Workbench, x: Tensor, maps: number): TensorInfo {
  const places = Math.ceil((x.size / maps) * SAMPLE);
  const code = {
    name: 'BatchNormSample',
    inputs: ['x'],
    params: ['share'],
    terms: ['x * share'],
    results: ['finiteOr0(sum0)'],
  };
  return reduceLaunch(bench, code, [x], reductionOf([places, maps], [0]), [maps], { share: 1 / places })[0]!.info;
}

/**
 * Four or five draws: those that estimate the means; parts of the sums of x and x^2, all of x less the estimate, which keeps the
 * sums from cancelling; the statistics; y.
 */
export function batchNormLaunch(
  { x, scale, bias, mean, variance }: Record<'x' | 'scale' | 'bias' | 'mean' | 'variance', Tensor>,
  numbers: TrainingNumbers,
): TensorInfo[] | undefined {
  if (!allFilled(x)) return undefined;
  const code = {
    name: 'BatchNormStatistics',
    inputs: ['x'],
    perResult: ['runningMean', 'runningVariance', 'scale', 'estimate'],
    params: Object.keys(numbers),
    terms: ['(x - estimate)', '((x - estimate) * (x - estimate))'],
    finish: `
  vec4 distance = sum0 / places;
  vec4 centre = estimate + distance;
  vec4 variance = sum1 / places - distance * distance;
  variance = mix(max(variance, vec4(0.0)), variance, isnan(variance));
  vec4 inverse = 1.0 / sqrt(variance + epsilon);`,
    results: [
      'centre',
      'inverse',
      'runningMean * (1.0 - factor) + centre * factor',
      'runningVariance * (1.0 - factor) + variance * varianceShare',
      'inverse * scale',
    ],
  };
  const apply = {
    name: 'BatchNormApply',
    inputs: ['x', 'centre', 'factor', 'bias'],
    results: ['(x - centre) * factor + bias'],
  };
  return onWorkbench((bench) => {
    const perMap = [x, mean, variance, scale, estimateMeans(bench, x, scale.size)];
    const sums = reduceLaunch(bench, code, perMap, reductionOf(x.shape, PLACES), scale.shape, { ...numbers });
    const factor = sums.pop()!.info;
    const y = elementwiseLaunch(apply, [x, sums[0]!.info, factor, bias], {}, x.shape)!;
    return [...y, ...sums.map((texture) => bench.give(texture))];
  });
}

/** Three draws: parts of the sums of g and g (x - m); dscale, dbias and dx as a g + b (x - m) + d; dx. */
export function batchNormGradientLaunch({
  x,
  g,
  scale,
  centre,
  inverse,
}: Record<'x' | 'g' | 'scale' | 'centre' | 'inverse', Tensor>): TensorInfo[] | undefined {
  if (!allFilled(x)) return undefined;
  const code = {
    name: 'BatchNormSums',
    inputs: ['x', 'g'],
    perResult: ['centre', 'inverse', 'scale'],
    params: ['share'],
    terms: ['g * (x - centre)', 'g'],
    finish: `
  vec4 dscale = sum0 * inverse;
  vec4 a = scale * inverse;`,
    results: ['dscale', 'sum1', 'a', '-a * inverse * dscale * share', '-a * sum1 * share'],
  };
  const spread = {
    name: 'BatchNormGradient',
    inputs: ['x', 'g', 'centre', 'a', 'b', 'd'],
    results: ['a * g + b * (x - centre) + d'],
  };
  return onWorkbench((bench) => {
    const perMap = [x, g, centre, inverse, scale];
    const numbers = { share: scale.size / x.size };
    const sums = reduceLaunch(bench, code, perMap, reductionOf(x.shape, PLACES), scale.shape, numbers);
    const coefficients = sums.splice(2).map(({ info }) => info);
    const dx = elementwiseLaunch(spread, [x, g, centre, ...coefficients], {}, x.shape)!;
    return [...dx, ...sums.map((texture) => bench.give(texture))];
  });
}
