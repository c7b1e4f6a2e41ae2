import { isFloats, type Floats, type Operator, type Tensor } from '../graph/tensor.js';
import type { Merge } from './simplified.js';

/** Where an operator of images or rows has its weights, which axis of them is that of its results, and its bias. */
export const weighted: Readonly<Record<string, { filter: number; axis: number; bias: number }>> = {
  CONV_2D: { filter: 1, axis: 0, bias: 2 },
  DEPTHWISE_CONV_2D: { filter: 1, axis: 3, bias: 2 },
  FULLY_CONNECTED: { filter: 1, axis: 0, bias: 2 },
  TRANSPOSE_CONV: { filter: 1, axis: 0, bias: 3 },
};

/** A factor or an offset for each map of what an operator makes, which becomes a part of its weights: so do batch norms. */
export const intoWeights: Merge = (operator, maker) => {
  const places = weighted[maker.name];
  const { name, inputs, outputs, options } = operator;
  if (!places || (name !== 'MUL' && name !== 'ADD') || options['activation'] || maker.options['activation']) return;
  const numbers = inputs.find(isFloats);
  const filter = maker.inputs[places.filter];
  const bias = maker.inputs[places.bias];
  if (!numbers || !isFloats(filter) || (bias && !isFloats(bias)) || !isOfMaps(numbers, maker.outputs[0]!)) return;
  const count = filter.shape[places.axis] as number;
  const each = Float32Array.from({ length: count }, (_, map) => numbers.data[map % numbers.data.length]!);
  const isFactor = name === 'MUL';
  const old = bias?.data ?? new Float32Array(count);
  const made = old.map((value, map) => (isFactor ? value * each[map]! : value + each[map]!));
  return {
    ...maker,
    inputs: withInputs(maker, {
      [places.filter]: isFactor ? scaled(filter, places.axis, each) : filter,
      ...((bias ?? !isFactor) && {
        [places.bias]: { name: bias?.name ?? numbers.name, shape: [count], type: 'float32', data: made },
      }),
    }),
    outputs,
  };
};

/** Whether numbers are one for all, or one for each map. */
function isOfMaps({ shape, data }: Floats, result: Tensor): boolean {
  return data.length === 1 || (data.length === result.shape.at(-1) && shape.at(-1) === data.length);
}

function scaled(filter: Floats, axis: number, factors: Float32Array): Floats {
  const inner = filter.shape.slice(axis + 1).reduce<number>((product, size) => product * (size as number), 1);
  const data = filter.data.map((value, i) => value * factors[Math.floor(i / inner) % factors.length]!);
  return { ...filter, data };
}

/** The inputs of an operator with others in some places. */
export function withInputs({ inputs }: Operator, others: Readonly<Record<number, Tensor>>): (Tensor | undefined)[] {
  const last = Math.max(inputs.length, ...Object.keys(others).map((place) => Number(place) + 1));
  return Array.from({ length: last }, (_, place) => others[place] ?? inputs[place]);
}
