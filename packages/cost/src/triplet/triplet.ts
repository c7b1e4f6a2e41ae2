import {
  broadcastingOp,
  minimum,
  norm,
  option,
  optionsOf,
  type Given,
  type Source,
  type SourceOf,
  type Variable,
} from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import type { MeasureOptions } from '../cost.js';
import { EmbeddingCost } from '../embedding-cost.js';
import { reductionOption, type Losses } from '../mean-cost.js';

const { add, max, sub } = formula;

const distance = broadcastingOp({
  name: 'TripletError',
  inputs: ['near', 'far'],
  params: ['margin'],
  value: ({ near, far, margin }) => max(0, add(sub(near, far), margin)),
});

const options = optionsOf('Triplet', {
  /** How much farther the negative is to be. Default 1. */
  margin: option.numberFrom(0).or(1),
  /** Which norm of the difference is the distance. Default 2. */
  p: option.numberAbove(0).or(2),
  /** Added to each difference, so that equals have a gradient. Default 1e-6. */
  epsilon: option.numberFrom(0).or(1e-6),
  /** Takes the distance of positive and negative where it is the smaller one. Default false. */
  swap: option.flag.or(false),
  ...reductionOption,
});
type Triplets = SourceOf<readonly Variable[]>;

/** How Triplet measures. */
export type TripletOptions = Given<typeof options>;

/**
 * Brings an anchor closer to a sample of its kind than to one of another: the mean of max(0, d(anchor, positive) -
 * d(anchor, negative) + margin), with d(a, b) = |a - b + epsilon|_p.
 *
 * Shapes: predictions are a list of anchor, positive and negative, `[batch, n]` each, to losses `[batch]`. There is no target;
 * what a handler brings as one is not looked at. `validate` returns the same number. Source: V. Balntas et al., 2016;
 * PyTorch's `TripletMarginLoss`.
 *
 * @example
 * const loss = new Triplet().forward([net.forward(images), net.forward(images), teacher.forward(images)]);
 * @throws CostError and ShapeError when the predictions are not three of one shape.
 */
export class Triplet extends EmbeddingCost<readonly []> {
  static override readonly className = 'Triplet';
  protected override readonly outputs = ['anchor', 'positive', 'negative'];

  readonly margin: number;
  readonly p: number;
  readonly epsilon: number;
  readonly swap: boolean;

  constructor(given: TripletOptions = {}) {
    const { margin, p, epsilon, swap, reduction } = options.read(given);
    super(reduction);
    this.margin = margin;
    this.p = p;
    this.epsilon = epsilon;
    this.swap = swap;
  }

  override forward(predictions: Triplets, target: Source = [], given: MeasureOptions = {}): Variable {
    return super.forward(predictions, target as readonly [], given);
  }

  override validate(predictions: Triplets, target: Source = []): Promise<number> {
    return super.validate(predictions, target as readonly []);
  }

  protected override readTarget(): readonly [] {
    return [];
  }

  protected override losses([anchor, positive, negative]: readonly Variable[]): Losses {
    const between = (a: Variable, b: Variable) => norm(a.sub(b).add(this.epsilon), 1, { p: this.p });
    const near = between(anchor!, positive!);
    const far = between(anchor!, negative!);
    const least = this.swap ? minimum(far, between(positive!, negative!)) : far;
    return { each: distance({ near, far: least }, { margin: this.margin }) };
  }
}
