import { addAll, defineOp, mul, type Variable } from '@tessera-nn/core';
import { defineKernel, divideKernel, runKernel } from '@tessera-nn/kernels';
import {
  add,
  argMax,
  cast,
  div,
  equal,
  exp,
  greaterEqual,
  less,
  logicalAnd,
  logicalOr,
  logSoftmax,
  mul as mulTensors,
  neg,
  notEqual,
  range,
  reciprocal,
  reshape,
  scalar,
  sub,
  sum,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { crossEntropyWebgl } from './cross-entropy.webgl.js';

export interface CrossEntropyAttrs {
  /** Share of the target that is spread evenly over all classes. */
  labelSmoothing: number;
  /** Labels of this value do not count. */
  ignoreIndex: number | undefined;
  /** Whether the mean divides by the sum of the labels' weights, or by their number. */
  byWeights: boolean;
}

type Inputs = { scores: Tensor; labels: Tensor; weights: Tensor };

/** No label is ever this; a comparison with it holds for none. */
const NEVER = -(2 ** 31);

/** a / b, NaN where nothing counts: tfjs's own division returns 1 for 0 / 0 on webgl. */
const ratio = (a: Tensor, b: Tensor): Tensor => runKernel(divideKernel, { a, b }, {});

/** The target t of each class in each row, and the norm that the sum of all rows is divided by. */
function targetsOf(
  { labels, weights }: Omit<Inputs, 'scores'>,
  { labelSmoothing, ignoreIndex = NEVER, byWeights }: CrossEntropyAttrs,
): { target: Tensor; norm: Tensor } {
  const classes = weights.size;
  const numbers = reshape(labels, [-1]);
  const counts = reshape(cast(notEqual(numbers, scalar(ignoreIndex, 'int32')), 'float32'), [-1, 1]);
  // tfjs's oneHot refuses a single class.
  const isHit = equal(reshape(cast(numbers, 'int32'), [-1, 1]), range(0, classes, 1, 'int32'));
  const hits = mulTensors(cast(isHit, 'float32'), counts);
  const hitWeights = mulTensors(hits, weights);
  const spread = mulTensors(counts, mulTensors(weights, labelSmoothing / classes));
  return {
    target: add(mulTensors(hitWeights, 1 - labelSmoothing), spread),
    norm: byWeights ? sum(hitWeights) : sum(counts),
  };
}

/**
 * With p = softmax(scores) and, for label l, the target t_c = (1 - s) w_l [c = l] + s w_c / C: the loss is the mean of
 * -sum t_c log p_c, and dscores = (p sum t - t) / norm. Gives both. Labels out of range make the loss NaN.
 */
const crossEntropyKernel = defineKernel<Inputs, CrossEntropyAttrs, Tensor[]>({
  name: 'SoftmaxCrossEntropy',
  outputs: ({ scores }) => [{ shape: [] }, { shape: scores.shape }],
  compose: ({ scores, labels, weights }, { labelSmoothing, ignoreIndex = NEVER, byWeights }) => {
    const rows = reshape(scores, [-1, weights.size]);
    const numbers = reshape(labels, [-1]);
    const counted = reshape(notEqual(numbers, scalar(ignoreIndex, 'int32')), [-1, 1]);
    const { target, norm } = targetsOf({ labels, weights }, { labelSmoothing, ignoreIndex, byWeights });
    const logs = logSoftmax(rows);
    const outside = logicalAnd(
      logicalOr(less(numbers, scalar(0, 'int32')), greaterEqual(numbers, scalar(weights.size, 'int32'))),
      notEqual(numbers, scalar(ignoreIndex, 'int32')),
    );
    const poison = sum(where(outside, scalar(NaN), scalar(0)));
    // t = 0 must not meet log p = -Infinity in a product
    const parts = where(equal(target, 0), zerosLike(logs), mulTensors(target, logs));
    const loss = add(ratio(neg(sum(parts)), norm), poison);
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
  gives: 'channelsLast',
  forward: ({ labels, weights }, attrs: CrossEntropyAttrs) => {
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
  forward: (inputs, attrs: CrossEntropyAttrs) => runKernel(crossEntropyKernel, inputs, attrs),
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
  attrs: CrossEntropyAttrs,
): Variable {
  return crossEntropyOp({ scores, labels, weights }, attrs).loss;
}

/** The share of labels that are not where the largest score is; labels that do not count are left out. */
const wrongShareKernel = defineKernel<
  { scores: Tensor; labels: Tensor },
  { classes: number; ignoreIndex: number | undefined },
  Tensor
>({
  name: 'WrongShare',
  outputs: () => ({ shape: [] }),
  compose: ({ scores, labels }, { classes, ignoreIndex = NEVER }) => {
    const numbers = reshape(labels, [-1]);
    const counts = notEqual(numbers, scalar(ignoreIndex, 'int32'));
    const wrong = logicalAnd(notEqual(argMax(reshape(scores, [-1, classes]), 1), numbers), counts);
    return ratio(sum(cast(wrong, 'float32')), sum(cast(counts, 'float32')));
  },
  loops: ({ values: { scores, labels }, outputs: [share] }, { classes, ignoreIndex }) => {
    let wrong = 0;
    let counted = 0;
    for (let row = 0; row < labels.length; row++) {
      if (labels[row] === ignoreIndex) continue;
      const at = row * classes;
      let best = 0;
      for (let c = 1; c < classes; c++) if (scores[at + c]! > scores[at + best]!) best = c;
      counted++;
      if (best !== labels[row]) wrong++;
    }
    share![0] = wrong / counted;
  },
});

const wrongShareOp = defineOp({
  name: 'wrong share',
  inputs: ['scores', 'labels'],
  layout: { scores: 'channelsLast' },
  forward: (inputs, attrs: { classes: number; ignoreIndex: number | undefined }) =>
    runKernel(wrongShareKernel, inputs, attrs),
});

/** The share of wrong answers among labels [batch, ...] by scores [batch, classes, ...]. */
export function wrongShare(scores: Variable, labels: Variable, ignoreIndex: number | undefined): Variable {
  return wrongShareOp({ scores, labels }, { classes: scores.shape[1]!, ignoreIndex });
}
