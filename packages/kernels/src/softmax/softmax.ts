import type { Tensor } from '@tensorflow/tfjs-core';
import { defineElementwise } from '../elementwise/elementwise.js';
import { div, exp, log, mul, sub } from '../formula/formula.js';
import { defineKernel, runKernel } from '../kernel.js';
import { sumKernel } from '../sum/sum.js';
import { exponentialsKernel, partsAround } from './exponentials.js';

export interface SoftmaxAttrs {
  /** The axis along which the exponentials add up to 1. */
  axis: number;
  /** Whether the logarithm of it is wanted. */
  isLog: boolean;
}

const share = defineElementwise({
  name: 'SoftmaxShare',
  inputs: ['x', 'largest', 'total'],
  formula: ({ x, largest, total }) => div(exp(sub(x, largest)), total),
});

const logShare = defineElementwise({
  name: 'LogSoftmaxShare',
  inputs: ['x', 'largest', 'total'],
  formula: ({ x, largest, total }) => sub(sub(x, largest), log(total)),
});

/** Exponentials as shares of their sum along an axis, or the logarithms of these: y = e^(x - m) / sum e^(x - m). */
export const softmaxKernel = defineKernel<{ x: Tensor }, SoftmaxAttrs, Tensor>({
  name: 'Softmax',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x }, { axis, isLog }) => {
    const [largest, total] = runKernel(exponentialsKernel, { x }, { axis }) as [Tensor, Tensor];
    return runKernel(isLog ? logShare : share, { x, largest, total }, {});
  },
  companion: ({ functions, at, inputs, outputs: [y] }, { axis, isLog }) => {
    const { outer, count, inner } = partsAround(inputs.x.shape, axis);
    functions.softmax(at.x, outer, count, inner, y!, isLog);
  },
  loops: ({ values: { x }, inputs, outputs: [y] }, { axis, isLog }) => {
    const { outer, count, inner } = partsAround(inputs.x.shape, axis);
    for (let row = 0; row < outer * inner; row++) {
      const from = Math.floor(row / inner) * count * inner + (row % inner);
      const end = from + count * inner;
      let largest = -Infinity;
      for (let i = from; i < end; i += inner) largest = Math.max(largest, x[i]!);
      let total = 0;
      for (let i = from; i < end; i += inner) total += Math.exp(x[i]! - largest);
      const logTotal = Math.log(total);
      for (let i = from; i < end; i += inner) {
        y![i] = isLog ? x[i]! - largest - logTotal : Math.exp(x[i]! - largest) / total;
      }
    }
  },
});

const shareGradient = defineElementwise({
  name: 'SoftmaxShareGradient',
  inputs: ['y', 'g', 'total'],
  formula: ({ y, g, total }) => mul(y, sub(g, total)),
});

const logShareGradient = defineElementwise({
  name: 'LogSoftmaxShareGradient',
  inputs: ['y', 'g', 'total'],
  formula: ({ y, g, total }) => sub(g, mul(exp(y), total)),
});

const product = defineElementwise({ name: 'SoftmaxProduct', inputs: ['y', 'g'], formula: ({ y, g }) => mul(y, g) });

/** What goes back through a softmax from its result: y (g - sum g y); through its logarithm: g - e^y sum g. */
export const softmaxGradientKernel = defineKernel<{ y: Tensor; g: Tensor }, SoftmaxAttrs, Tensor>({
  name: 'SoftmaxGradient',
  outputs: ({ y }) => ({ shape: y.shape }),
  compose: ({ y, g }, { axis, isLog }) => {
    const x = isLog ? g : runKernel(product, { y, g }, {});
    const total = runKernel(sumKernel, { x }, { axes: [axis], keepDims: true });
    return runKernel(isLog ? logShareGradient : shareGradient, { y, g, total }, {});
  },
  companion: ({ functions, at, inputs, outputs: [dx] }, { axis, isLog }) => {
    const { outer, count, inner } = partsAround(inputs.y.shape, axis);
    functions.softmaxGradient(at.y, at.g, outer, count, inner, dx!, isLog);
  },
  loops: ({ values: { y, g }, inputs, outputs: [dx] }, { axis, isLog }) => {
    const { outer, count, inner } = partsAround(inputs.y.shape, axis);
    for (let row = 0; row < outer * inner; row++) {
      const from = Math.floor(row / inner) * count * inner + (row % inner);
      const end = from + count * inner;
      let total = 0;
      for (let i = from; i < end; i += inner) total += isLog ? g[i]! : g[i]! * y[i]!;
      for (let i = from; i < end; i += inner) {
        dx![i] = isLog ? g[i]! - Math.exp(y[i]!) * total : y[i]! * (g[i]! - total);
      }
    }
  },
});
