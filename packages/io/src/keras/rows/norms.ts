import { filled } from '@tessera-nn/core/internal';
import { Lack } from '../layer-options.js';
import type { LayerGiven, LayerRow, Part, WeightName } from '../row.js';

const scaleAndBias: readonly WeightName[] = [
  ['gamma', 'scale'],
  ['beta', 'center'],
];
const EPSILON = 1e-3;

/** Scales and biases, where one is missing as what changes nothing and does not learn. */
function affineOf({ weightIf }: LayerGiven, shape: readonly number[]) {
  const [scale, bias] = [weightIf('gamma')?.values, weightIf('beta')?.values];
  const affine = scale !== undefined || bias !== undefined;
  const values = affine ? { scale: scale ?? filled(shape, 1), bias: bias ?? filled(shape, 0) } : {};
  const fixed = affine ? [...(scale ? [] : ['scale']), ...(bias ? [] : ['bias'])] : [];
  return { affine, values, fixed };
}

/** @throws Lack for another axis than the last one, where Keras has the maps. */
function checkAxis({ options, rank }: LayerGiven): void {
  const axes = options.whole('axis', -1);
  if (axes.length !== 1 || ![-1, rank - 1].includes(axes[0]!)) throw new Lack(`over axis ${axes.join(', ')}`);
}

const batchNorms: Readonly<Record<number, string>> = {
  2: 'BatchNorm1D',
  3: 'BatchNorm1D',
  4: 'BatchNorm2D',
  5: 'BatchNorm3D',
};

function batchNorm(given: LayerGiven): Part {
  checkAxis(given);
  const className = batchNorms[given.rank];
  if (className === undefined) throw new Lack(`of ${given.rank} axes`);
  const [mean, variance] = [given.weight('moving_mean', 1), given.weight('moving_variance', 1)];
  const [maps] = mean.shape as [number];
  const { affine, values, fixed } = affineOf(given, [maps]);
  const factor = 1 - given.options.number('momentum', 0.99);
  const options = {
    maps,
    epsilon: given.options.number('epsilon', EPSILON),
    initFactor: factor,
    minFactor: factor,
    affine,
  };
  return { className, options, values: { ...values, mean: mean.values, var: variance.values }, fixed };
}

function layerNorm(given: LayerGiven): Part {
  given.options.refuse('rms_scaling');
  const axes = given.options.whole('axis', -1).map((axis) => (axis < 0 ? axis + given.rank : axis));
  const first = given.rank - axes.length;
  if (first < 1 || axes.some((axis, i) => axis !== first + i)) throw new Lack('over axes that are not the last ones');
  const known = given.weightIf('gamma') ?? given.weightIf('beta');
  if (!known) throw new Lack('without scales and biases');
  const { values, fixed } = affineOf(given, known.shape);
  return {
    className: 'LayerNorm',
    options: { shape: known.shape, epsilon: given.options.number('epsilon', EPSILON) },
    values,
    fixed,
  };
}

function groupNorm(given: LayerGiven): Part {
  checkAxis(given);
  const known = given.weightIf('gamma') ?? given.weightIf('beta');
  if (!known) throw new Lack('without scales and biases');
  const [maps] = known.shape as [number];
  const groups = given.options.number('groups', 32);
  const { values, fixed } = affineOf(given, known.shape);
  const options = { groups: groups === -1 ? maps : groups, maps, epsilon: given.options.number('epsilon', EPSILON) };
  return { className: 'GroupNorm', options, values, fixed };
}

export const normRows: Readonly<Record<string, LayerRow>> = {
  BatchNormalization: {
    weights: [...scaleAndBias, ['moving_mean'], ['moving_variance']],
    takes: 'front',
    make: (given) => ({ parts: [batchNorm(given)] }),
  },
  LayerNormalization: { weights: scaleAndBias, takes: 'back', make: (given) => ({ parts: [layerNorm(given)] }) },
  GroupNormalization: { weights: scaleAndBias, takes: 'front', make: (given) => ({ parts: [groupNorm(given)] }) },
};
