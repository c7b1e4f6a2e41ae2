import { sum, util, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { float32 } from '../float32.js';
import { defineKernel } from '../kernel.js';
import { STOCK_RANK } from '../shape/any-rank.js';
import { reshapeTensor } from '../shape/reshape.js';
import { sizeOf } from '../shapes.js';
import type { SumAttrs } from './sum-attrs.js';
import { sumCompanion } from './sum.companion.js';
import { sumWebgl } from './sum.webgl.js';

/**
 * Sum over axes. On wasm the running sums are float64: tfjs's float32 ones stop growing at 2^24 for a tensor of ones.
 */
export const sumKernel = defineKernel<{ x: Tensor }, SumAttrs, Tensor>({
  name: 'Sum',
  outputs: ({ x }, attrs) => ({ shape: sumShape(x.shape, attrs) }),
  // tfjs's WebGL sum fails on a tensor without elements.
  compose: ({ x }, { axes, keepDims }) =>
    x.size === 0 ? zeros(sumShape(x.shape, { axes, keepDims })) : summed(float32(x), axes, keepDims),
  companion: sumCompanion,
  loops: ({ values, inputs, outputs }, { axes }) => {
    const x = values.x;
    const out = outputs[0]!;
    const { shape } = inputs.x;
    const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const stride = util.computeStrides([...kept, 1]); // of the result, with 0 for summed axes below
    const steps = shape.map((_, axis) => (axes.includes(axis) ? 0 : stride[axis]!));
    const totals = new Float64Array(out.length);
    const inner = shape.at(-1) ?? 1;
    const innerStep = steps.at(-1) ?? 0;
    const index = new Array<number>(Math.max(0, shape.length - 1)).fill(0);
    let target = 0;
    for (let at = 0; at < x.length; at += inner) {
      if (innerStep === 0) {
        let total = 0;
        for (let i = 0; i < inner; i++) total += x[at + i]!;
        totals[target] = totals[target]! + total;
      } else {
        for (let i = 0; i < inner; i++) totals[target + i] = totals[target + i]! + x[at + i]!;
      }
      for (let axis = index.length - 1; axis >= 0; axis--) {
        target += steps[axis]!;
        if (++index[axis]! < shape[axis]!) break;
        target -= steps[axis]! * shape[axis]!;
        index[axis] = 0;
      }
    }
    out.set(totals);
  },
  webgl: ({ x }, attrs) => sumWebgl({ x }, attrs, sumShape(x.shape, attrs)),
});

/** Beyond what tfjs's WebGL transposes, one axis after the other, between what lies before and behind it. */
function summed(x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  if (x.rank <= STOCK_RANK) return sum(x, [...axes], keepDims);
  let [total, shape] = [x, x.shape];
  for (const axis of axes) {
    const sizes = [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
    total = sum(reshapeTensor(total, sizes), 1);
    shape = sumShape(shape, { axes: [axis], keepDims: true });
  }
  return reshapeTensor(total, sumShape(x.shape, { axes, keepDims }));
}

function sumShape(shape: readonly number[], { axes, keepDims }: SumAttrs): number[] {
  return keepDims
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
}
