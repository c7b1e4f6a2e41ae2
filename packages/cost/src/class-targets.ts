import { broadcastingOp, defineOp } from '@tessera-nn/core';
import { divideKernel, formula as f, runKernel } from '@tessera-nn/kernels';
import {
  add,
  cast,
  equal,
  greaterEqual,
  less,
  logicalAnd,
  logicalOr,
  mul as mulTensors,
  notEqual,
  range,
  reshape,
  scalar,
  sum,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** What labels say of each class. */
export interface TargetAttrs {
  /** Share of the target that is spread evenly over all classes. */
  labelSmoothing: number;
  /** Labels of this value do not count. */
  ignoreIndex: number | undefined;
  /** Whether the mean divides by the sum of the labels' weights, or by their number. */
  byWeights: boolean;
}

/** No label is ever this; a comparison with it holds for none. */
export const NEVER = -(2 ** 31);

/** a / b, NaN where nothing counts: tfjs's own division returns 1 for 0 / 0 on webgl. */
export const ratio = (a: Tensor, b: Tensor): Tensor => runKernel(divideKernel, { a, b }, {});

/** Where labels name no class, and are not of the value that does not count. */
const namesNone = (numbers: Tensor, classes: number, ignoreIndex: number): Tensor =>
  logicalAnd(
    logicalOr(less(numbers, scalar(0, 'int32')), greaterEqual(numbers, scalar(classes, 'int32'))),
    notEqual(numbers, scalar(ignoreIndex, 'int32')),
  );

/**
 * The target t of each class in each row, and the norm that the sum of all rows is divided by. Labels out of range make
 * their row NaN.
 */
export function targetsOf(
  { labels, weights }: { labels: Tensor; weights: Tensor },
  { labelSmoothing, ignoreIndex = NEVER, byWeights }: TargetAttrs,
): { target: Tensor; norm: Tensor } {
  const classes = weights.size;
  const numbers = reshape(labels, [-1]);
  const counts = reshape(cast(notEqual(numbers, scalar(ignoreIndex, 'int32')), 'float32'), [-1, 1]);
  // tfjs's oneHot refuses a single class.
  const isHit = equal(reshape(cast(numbers, 'int32'), [-1, 1]), range(0, classes, 1, 'int32'));
  const hits = mulTensors(cast(isHit, 'float32'), counts);
  const hitWeights = mulTensors(hits, weights);
  const spread = mulTensors(counts, mulTensors(weights, labelSmoothing / classes));
  const target = add(mulTensors(hitWeights, 1 - labelSmoothing), spread);
  const outside = reshape(namesNone(numbers, classes, ignoreIndex), [-1, 1]);
  return {
    target: where(outside, scalar(NaN), target),
    norm: byWeights ? sum(hitWeights) : sum(counts),
  };
}

/** t of every class, as the scores lie, and the norm. */
export const targetsOp = defineOp({
  name: 'class targets',
  inputs: ['labels', 'weights'],
  results: ['targets', 'norm'],
  layout: 'logical',
  resultLayout: 'channelsLast',
  forward: ({ labels, weights }, attrs: TargetAttrs) => {
    const { target, norm } = targetsOf({ labels, weights }, attrs);
    return [reshape(target, [...labels.shape, weights.size]), norm];
  },
});

/** -t log p where both count; nothing where t is 0, whatever the score is. */
export const partOfLabel = broadcastingOp({
  name: 'LogOfLabel',
  inputs: ['t', 'log'],
  value: ({ t, log }) => f.select(f.eq(t, 0), 0, f.neg(f.mul(t, log))),
});
