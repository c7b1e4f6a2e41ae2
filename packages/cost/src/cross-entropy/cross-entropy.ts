import {
  argmax,
  CostError,
  option,
  optionsOf,
  Variable,
  type Arguments,
  type Given,
  type VariableSource,
} from '@tessera-nn/core';
import { ClassCost, classOptions, ignoreOption } from '../class-cost.js';
import { wrongShare } from '../wrong-share.js';
import type { CostInput } from '../cost.js';
import { reductionOption, type Losses } from '../mean-cost.js';
import { eachCrossEntropy, shareCrossEntropy, softmaxCrossEntropy } from './cross-entropy.op.js';
import { readShares } from './shares.js';

const options = optionsOf('CrossEntropy', classOptions, {
  ...ignoreOption,
  /** Share of the target spread evenly over all classes, from 0 to 1. Default 0. */
  labelSmoothing: option.kind<number>('a number from 0 to 1', isShare, CostError).or(0),
  /** What the mean divides by: the labels' weights (PyTorch) or their number (PuzzleLib). Default `weights`. */
  normalize: option.oneOf('weights', 'labels').or('weights'),
  ...reductionOption,
});
/** How labels are compared with scores. */
export type CrossEntropyOptions = Given<typeof options>;

/**
 * Cross-entropy of labels under the softmax of scores: the mean of -w_l log softmax(scores)_l for integer labels l, of
 * -sum_c w_c t_c log softmax(scores)_c for class probabilities t.
 *
 * Softmax and logarithm are one stable step; the gradient w_l (softmax - [c = l]) / norm is computed along with it. With
 * one weight per class norm is the sum of the labels' weights, as in PyTorch; `normalize: "labels"` divides by their
 * number, as PuzzleLib's error does. The mean of probabilities divides by how many distributions there are. `validate`
 * returns the share of wrong answers; of probabilities the largest is the right one.
 *
 * Shapes: scores `[batch, classes, ...]`, or `[classes]` of a single sample; labels int32 `[batch, ...]` or
 * `[batch, 1, ...]`, or float32 probabilities of the scores' shape, which may want a gradient.
 * Source: PuzzleLib's `CrossEntropy`, with the true gradient for weights and spatial labels; PyTorch's
 * `CrossEntropyLoss`, for the options.
 *
 * @example
 * const loss = new CrossEntropy({ maxlabels: 10 }).forward(net.forward(images), labels);
 * @throws CostError naming a label out of range or NaN and its place; ShapeError when labels and scores do not fit.
 */
export class CrossEntropy extends ClassCost {
  static override readonly className = 'CrossEntropy';

  readonly labelSmoothing: number;
  readonly normalize: 'weights' | 'labels';

  constructor(...given: Arguments<[maxlabels?: number, weights?: VariableSource | Variable], CrossEntropyOptions>) {
    const { labelSmoothing, normalize, ...rest } = options.arguments(given);
    super(rest);
    this.labelSmoothing = labelSmoothing;
    this.normalize = normalize;
  }

  protected override checkPrediction(scores: Variable): void {
    super.checkPrediction(inBatch(scores));
  }

  protected override batchSize(scores: Variable): number {
    return scores.rank === 1 ? 1 : super.batchSize(scores);
  }

  /** Of labels in one kernel, which computes the gradient along with it. */
  protected override loss(scores: Variable, target: Variable): Variable {
    if (target.dtype !== 'int32') return super.loss(scores, target);
    const rows = inBatch(scores);
    return softmaxCrossEntropy(rows, target, this.weightsFor(rows.shape[1]!), this.#attrs);
  }

  protected override losses(given: Variable, target: Variable): Losses {
    const scores = inBatch(given);
    const classes = scores.shape[1]!;
    if (target.dtype === 'int32') return eachCrossEntropy(scores, target, this.weightsFor(classes), this.#attrs);
    const weights = this.weights && this.weightsFor(classes);
    return { each: shareCrossEntropy(scores, target, weights, this.labelSmoothing) };
  }

  protected override validationError(given: Variable, target: Variable): Variable {
    const scores = inBatch(given);
    if (target.dtype === 'int32') return super.validationError(scores, target);
    return wrongShare(scores, argmax(target, 1), undefined);
  }

  protected override readTarget(target: CostInput, given: Variable): Variable {
    const scores = inBatch(given);
    const shares = readShares(target, given.shape, scores.shape);
    return shares ?? super.readTarget(given.rank === 1 ? inList(target) : target, scores);
  }

  get #attrs() {
    const { labelSmoothing, ignoreIndex, normalize } = this;
    return { labelSmoothing, ignoreIndex, byWeights: normalize === 'weights' };
  }
}

/** The label of a single sample as that of a batch of one. */
function inList(label: CostInput): CostInput {
  if (label instanceof Variable) return label.rank === 0 ? label.reshape([1]) : label;
  return typeof label === 'number' ? [label] : label;
}

/** Scores of a single sample as a batch of one. */
function inBatch(scores: Variable): Variable {
  return scores.rank === 1 ? scores.reshape([1, scores.size]) : scores;
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
