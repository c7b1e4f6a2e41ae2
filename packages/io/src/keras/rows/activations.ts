import { permute } from '../../weights/fit.js';
import { Lack } from '../layer-options.js';
import type { LayerGiven, LayerRow, Part } from '../row.js';
import { axisHere } from './axes.js';

type Kind = readonly [kind: string, args?: readonly number[]];

const kind = (name: string, args: readonly number[] = []): Part => ({
  className: 'Activation',
  options: { activation: name, args },
});

/** Keras's functions of each element, by their names. */
const functions: Readonly<Record<string, Kind>> = {
  ...{ relu: ['relu'], sigmoid: ['sigmoid'], tanh: ['tanh'], elu: ['elu'], selu: ['selu'], celu: ['celu'] },
  ...{ softplus: ['softPlus'], softsign: ['softSign'], swish: ['silu'], silu: ['silu'], mish: ['mish'] },
  ...{ gelu: ['gelu'], gelu_new: ['geluTanh'], relu6: ['clip'], leaky_relu: ['leakyRelu', [0.2]] },
  ...{ hard_silu: ['hardSwish'], hard_swish: ['hardSwish'], hard_tanh: ['hardTanh'], log_sigmoid: ['logSigmoid'] },
  ...{ tanh_shrink: ['tanhShrink'], soft_shrink: ['softShrink'], hard_shrink: ['hardShrink'] },
};

/** Before Keras 3 it is 0.2 x + 0.5 between 0 and 1, not (x + 3) / 6. */
const oldHardSigmoid: readonly Part[] = [
  { className: 'MulAddConst', options: { a: 0.2, b: 0.5 } },
  kind('clip', [0, 1]),
];

/** The modules that compute a function of Keras; none where it changes nothing. */
export function activationParts(name: string | undefined, { maker, rank, order }: LayerGiven): readonly Part[] {
  if (name === undefined || name === 'linear') return [];
  if (name === 'hard_sigmoid') return maker.version < 3 ? oldHardSigmoid : [kind('hardSigmoid')];
  const overMaps = { axis: axisHere(-1, { rank, order }) };
  if (name === 'softmax') return [{ className: 'SoftMax', options: overMaps }];
  if (name === 'log_softmax') return [{ className: 'LogSoftMax', options: overMaps }];
  const known = Object.hasOwn(functions, name) ? functions[name]! : undefined;
  if (!known) throw new Lack(`with the activation ${JSON.stringify(name.slice(0, 60))}`);
  return [kind(...known)];
}

/** What follows a layer that has an activation of its own. */
export const inlineActivation = (given: LayerGiven): readonly Part[] =>
  activationParts(given.options.functionName('activation'), given);

function rectifier({ options }: LayerGiven): Part {
  options.refuse('threshold', [0]);
  const slope = options.number('negative_slope', 0);
  if (options.raw.max_value === undefined || options.raw.max_value === null) {
    return slope === 0 ? kind('relu') : kind('leakyRelu', [slope]);
  }
  if (slope !== 0) throw new Lack('with both max_value and negative_slope');
  return kind('clip', [0, options.number('max_value')]);
}

/** Slopes of Keras have a shape of a sample, 1 along shared axes, and the maps behind. */
function slopes({ weight, rank }: LayerGiven): Part {
  const { shape, values } = weight('alpha', rank - 1);
  const maps = shape.at(-1)!;
  if (shape.every((size) => size === 1))
    return { className: 'PRelu', options: { sharedMaps: true }, values: { slopes: values } };
  if (shape.slice(0, -1).every((size) => size === 1))
    return { className: 'PRelu', options: { maps }, values: { slopes: values } };
  const axes = [shape.length - 1, ...shape.keys()].slice(0, shape.length);
  const sample = axes.map((axis) => shape[axis]!);
  const sharedAxes = sample.flatMap((size, axis) => (size === 1 ? [axis + 1] : []));
  return {
    className: 'PRelu',
    options: { shape: sample, ...(sharedAxes.length > 0 ? { sharedAxes } : {}) },
    values: { slopes: permute(values, shape, axes) },
  };
}

export const activationRows: Readonly<Record<string, LayerRow>> = {
  Activation: { make: (given) => ({ parts: inlineActivation(given) }) },
  ReLU: { make: (given) => ({ parts: [rectifier(given)] }) },
  LeakyReLU: {
    make: ({ options, maker }) => {
      const name = maker.version < 3 ? 'alpha' : 'negative_slope';
      return { parts: [kind('leakyRelu', [options.number(name, 0.3)])] };
    },
  },
  ELU: { make: ({ options }) => ({ parts: [kind('elu', [options.number('alpha', 1)])] }) },
  ThresholdedReLU: { make: ({ options }) => ({ parts: [kind('threshold', [options.number('theta', 1), 0])] }) },
  Softmax: {
    make: ({ options, ...given }) => {
      const [axis, ...more] = options.whole('axis', -1);
      if (more.length > 0) throw new Lack('over several axes');
      return { parts: [{ className: 'SoftMax', options: { axis: axisHere(axis!, given) } }] };
    },
  },
  PReLU: { weights: [['alpha']], takes: 'front', make: (given) => ({ parts: [slopes(given)] }) },
};
