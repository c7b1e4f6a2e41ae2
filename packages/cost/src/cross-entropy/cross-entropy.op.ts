import { addAll, broadcastingOp, defineOp, logSoftmax as logSoftmaxOf, mul, type Variable } from '@tessera-nn/core';
import { defineKernel, formula as f, runKernel } from '@tessera-nn/kernels';
import {
  div,
  equal,
  exp,
  logSoftmax,
  mul as mulTensors,
  neg,
  notEqual,
  reciprocal,
  reshape,
  scalar,
  sub,
  sum,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { NEVER, partOfLabel, ratio, targetsOf, targetsOp, type TargetAttrs } from '../class-targets.js';
import { crossEntropyWebgl } from './cross-entropy.webgl.js';

type Inputs = { scores: Tensor; labels: Tensor; weights: Tensor };

/**
 * With p = softmax(scores) and, for label l, the target t_c = (1 - s) w_l [c = l] + s w_c / C: the loss is the mean of
 * -sum t_c log p_c, and dscores = (p sum t - t) / norm. Gives both. Labels out of range make the loss NaN.
 */
const crossEntropyKernel = defineKernel<Inputs, TargetAttrs, Tensor[]>({
  name: 'SoftmaxCrossEntropy',
  outputs: ({ scores }) => [{ shape: [] }, { shape: scores.shape }],
  compose: ({ scores, labels, weights }, { labelSmoothing, ignoreIndex = NEVER, byWeights }) => {
    const rows = reshape(scores, [-1, weights.size]);
    const numbers = reshape(labels, [-1]);
    const counted = reshape(notEqual(numbers, scalar(ignoreIndex, 'int32')), [-1, 1]);
    const { target, norm } = targetsOf({ labels, weights }, { labelSmoothing, ignoreIndex, byWeights });
    const logs = logSoftmax(rows);
    // t = 0 must not meet log p = -Infinity in a product
    const parts = where(equal(target, 0), zerosLike(logs), mulTensors(target, logs));
    const loss = ratio(neg(sum(parts)), norm);
    // Scores that do not count may be of any kind: chosen, for 0 times NaN is NaN.
    const grads = where(counted, div(sub(mulTensors(exp(logs), sum(target, 1, true)), target), norm), zerosLike(logs));
    return [loss, reshape(grads, scores.shape)];
  },
  loops: ({ values: { scores, labels, weights }, outputs }, { labelSmoothing, ignoreIndex, byWeights }) => {
    const [loss, grads] = outputs as [Float32Array, Float32Array];
    const classes = weights.length;
    let norm = 0;
    for (const label of labels) if (label !== ignoreIndex) norm += byWeights ? (weights[label] ?? NaN) : 1;
    const spreads = weights.reduce((total, weight) => total + weight, 0) * (labelSmoothing / classes);
    let total = 0;
    for (let row = 0; row < labels.length; row++) {
      const at = row * classes;
      const label = labels[row]!;
      if (label === ignoreIndex) {
        grads.fill(0, at, at + classes);
        continue;
      }
      let largest = -Infinity;
      for (let c = 0; c < classes; c++) if (!(scores[at + c]! <= largest)) largest = scores[at + c]!;
      let exponentials = 0;
      for (let c = 0; c < classes; c++) exponentials += Math.exp(scores[at + c]! - largest);
      const logSum = Math.log(exponentials);
      const hit = (1 - labelSmoothing) * (weights[label] ?? NaN);
      const targets = hit + spreads;
      for (let c = 0; c < classes; c++) {
        const target = (c === label ? hit : 0) + (labelSmoothing / classes) * weights[c]!;
        const log = scores[at + c]! - largest - logSum; // the sum of the two could lose the log
        if (target !== 0) total -= target * log;
        grads[at + c] = (Math.exp(log) * targets - target) / norm;
      }
      if (label < 0 || label >= classes) total = NaN;
    }
    loss[0] = total / norm;
  },
  webgl: (inputs, { ignoreIndex = NEVER, ...attrs }) => crossEntropyWebgl(inputs, { ...attrs, ignoreIndex }),
});

/** t / norm, of the shape of the scores, and the inverse of its sum in each row; 0 for rows that do not count. */
const sharesOp = defineOp({
  name: 'softmax cross-entropy shares',
  inputs: ['labels', 'weights'],
  results: ['shares', 'inverse'],
  layout: 'logical',
  resultLayout: 'channelsLast',
  forward: ({ labels, weights }, attrs: TargetAttrs) => {
    const { target, norm } = targetsOf({ labels, weights }, attrs);
    const shares = reshape(div(target, norm), [...labels.shape, weights.size]);
    const sums: Tensor = sum(shares, -1, true);
    return [shares, where(equal(sums, 0), zerosLike(sums), reciprocal(sums))];
  },
});

const crossEntropyOp = defineOp({
  name: 'softmax cross-entropy',
  inputs: ['scores', 'labels', 'weights'],
  results: ['loss', 'dscores'],
  saves: ['labels', 'weights', 'dscores'],
  layout: { scores: 'channelsLast' },
  forward: (inputs, attrs: TargetAttrs) => runKernel(crossEntropyKernel, inputs, attrs),
  gradients: ({ loss: g, dscores: ofGradient }, { labels, weights, dscores }, attrs) => ({
    scores: () => {
      const parts = g ? [mul(dscores, g)] : [];
      if (ofGradient) {
        // With q = t / norm, dscores = p sum q - q: so p sum q is found without the scores, which need not be kept.
        const { shares, inverse } = sharesOp({ labels, weights }, attrs);
        const weighted = dscores.add(shares);
        const product = weighted.mul(ofGradient);
        parts.push(product.sub(weighted.mul(product.sum(1, true).mul(inverse))));
      }
      return addAll(parts);
    },
    labels: null,
    weights: null,
  }),
});

/** The mean cross-entropy of labels [batch, ...] under the softmax of scores [batch, classes, ...]. */
export function softmaxCrossEntropy(
  scores: Variable,
  labels: Variable,
  weights: Variable,
  attrs: TargetAttrs,
): Variable {
  return crossEntropyOp({ scores, labels, weights }, attrs).loss;
}

/** -t log p, with a gradient of t also where it is 0: scores of -Infinity have no part in it. */
const partOfShare = broadcastingOp({
  name: 'CrossEntropyOfShare',
  inputs: ['t', 'log'],
  value: ({ t, log }) => f.neg(f.mul(t, f.select(f.eq(t, 0), f.max(log, -LARGEST), log))),
});
/** What float32 reaches to. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** The cross-entropy of each label [batch, ...], and the norm of their mean. */
export function eachCrossEntropy(
  scores: Variable,
  labels: Variable,
  weights: Variable,
  attrs: TargetAttrs,
): { each: Variable; divisor: Variable } {
  const { targets, norm } = targetsOp({ labels, weights }, attrs);
  return { each: partOfLabel({ t: targets, log: logSoftmaxOf(scores, 1) }).sum(1), divisor: norm };
}

/** The cross-entropy of each distribution over the classes, which lie as the scores do. */
export function shareCrossEntropy(
  scores: Variable,
  shares: Variable,
  weights: Variable | undefined,
  labelSmoothing: number,
): Variable {
  const classes = scores.shape[1]!;
  const smooth = labelSmoothing === 0 ? shares : shares.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const t = weights ? smooth.mul(weights.reshape([classes, ...new Array<number>(scores.rank - 2).fill(1)])) : smooth;
  return partOfShare({ t, log: logSoftmaxOf(scores, 1) }).sum(1);
}
