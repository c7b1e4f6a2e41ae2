import { isFloats, lengthOf, sameSizes, type Operator, type Tensor } from '../graph/tensor.js';
import type { Merge } from './simplified.js';

const reductions = new Set(['MEAN', 'REDUCE_MAX', 'REDUCE_MIN', 'SUM']);

/** A sum that is divided by its count is a mean, and a reduction leaves its axes out by itself. */
export const intoReduction: Merge = ({ name, inputs, outputs }, maker) => {
  if (name === 'RESHAPE' && maker.name === 'RESHAPE')
    return { ...maker, inputs: [maker.inputs[0], inputs[1]], outputs };
  if (!reductions.has(maker.name)) return;
  const [result] = outputs as [Tensor];
  if (name === 'RESHAPE' && maker.options['keepDims'] && sameSizes(result.shape, shapeWithoutAxes(maker))) {
    return { ...maker, options: { keepDims: false }, outputs };
  }
  const factor = inputs.find(isFloats);
  if (name !== 'MUL' || maker.name !== 'SUM' || factor?.data.length !== 1) return;
  return isOneOf(countOf(maker), factor.data[0]!) ? { ...maker, name: 'MEAN', outputs } : undefined;
};

const axesOf = ({ inputs: [, axes] }: Operator): number[] => [...axes!.data!];

const shapeWithoutAxes = (reduction: Operator) => {
  const axes = axesOf(reduction);
  return reduction.inputs[0]!.shape.filter((_, axis) => !axes.includes(axis));
};

const countOf = (reduction: Operator): number =>
  axesOf(reduction).reduce((product, axis) => product * lengthOf(reduction.inputs[0]!.shape[axis]!), 1);

/** Whether a factor divides by a count, as far as float32 holds it. */
const isOneOf = (count: number, factor: number): boolean => Math.abs(count * factor - 1) < 2 ** -22;
