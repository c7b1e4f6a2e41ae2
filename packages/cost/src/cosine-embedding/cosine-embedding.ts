import { broadcastingOp, option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { PairCost } from '../pair-cost.js';
import { reductionOption, type Losses } from '../mean-cost.js';

const { gt, max, select, sub } = formula;

/** Keeps the cosine of zeros finite; PyTorch's. */
const OFFSET = 1e-12;

const distance = broadcastingOp({
  name: 'CosineError',
  inputs: ['cosine', 'label'],
  params: ['margin'],
  value: ({ cosine, label, margin }) => select(gt(label, 0), sub(1, cosine), max(0, sub(cosine, margin))),
});

const options = optionsOf('CosineEmbedding', {
  /** From which cosine on unlike samples count as too close, from -1 to 1. Default 0. */
  margin: option.numberBetween(-1, 1).or(0),
  ...reductionOption,
});
/** How CosineEmbedding compares. */
export type CosineEmbeddingOptions = Given<typeof options>;

/**
 * Brings the directions of like samples together and those of unlike ones apart: 1 - c where the label is 1,
 * max(0, c - margin) where it is -1, with c = x1 x2 / (|x1| |x2|); the mean over the batch.
 *
 * Shapes: predictions are a list of x1 and x2, `[batch, n]` each, to losses `[batch]`; labels `[batch]`, 1 for alike and -1 for
 * different. `validate` returns the same number. Source: PyTorch's `CosineEmbeddingLoss`.
 *
 * @example
 * const alike = [1, -1, 1, 1, -1, 1, -1, -1];
 * const loss = new CosineEmbedding({ margin: 0.2 }).forward([net.forward(images), teacher.forward(images)], alike);
 * @throws ShapeError when the shapes do not fit; CostError for labels other than -1 and 1.
 */
export class CosineEmbedding extends PairCost {
  static override readonly className = 'CosineEmbedding';
  protected override readonly labels = { expected: '-1 or 1', accepts: (label: number) => Math.abs(label) === 1 };

  readonly margin: number;

  constructor(given: CosineEmbeddingOptions = {}) {
    const { margin, reduction } = options.read(given);
    super(reduction);
    this.margin = margin;
  }

  protected override losses([x1, x2]: readonly Variable[], label: Variable): Losses {
    const length = (x: Variable) => x.square().sum(1, true).add(OFFSET);
    const cosine = x1!
      .mul(x2!)
      .sum(1, true)
      .div(length(x1!).mul(length(x2!)).sqrt());
    return { each: distance({ cosine, label }, { margin: this.margin }).reshape([-1]) };
  }
}
