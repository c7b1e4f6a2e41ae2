import { noGrad, option, optionsOf, type Data, type Given, type Variable } from '@tessera-nn/core';
import { Cost, type Outcome } from './cost.js';

/** What `forward` makes of the losses of a batch. */
export type Reduction = 'mean' | 'sum' | 'none';

/** The option that every cost of single losses has. */
export const reductionOption = {
  /** What `forward` returns: the losses' mean, their sum, or each of them. Errors are means in any case. Default `mean`. */
  reduction: option.oneOf('mean', 'sum', 'none').or('mean'),
};

const options = optionsOf('MeanCost', reductionOption);
/** What a cost of single losses returns of them. */
export type ReductionOptions = Given<typeof options>;

/** The losses of a batch one by one. */
export interface Losses {
  /** `[batch, ...]`. */
  readonly each: Variable;
  /** What their mean divides the sum by. Default: how many there are. */
  readonly divisor?: number | Variable;
}

/**
 * A cost that is the mean of single losses: of samples, of their elements, or of their places. It can return their sum or
 * all of them instead, and weigh samples: with `sampleWeights` w, of `[batch]`, each loss of sample b counts w_b times; the
 * mean divides by the same number as without. Sources: PyTorch's `reduction`, Keras' `sample_weight`.
 *
 * A subclass says what the single losses are.
 */
export abstract class MeanCost<Prediction extends Data = Variable, Target extends Data = Variable> extends Cost<
  Prediction,
  Target
> {
  readonly reduction: Reduction;

  constructor(reduction: Reduction = 'mean') {
    super();
    this.reduction = options.read({ reduction }).reduction;
  }

  /** The single losses, from predictions and targets that fit each other. */
  protected abstract losses(prediction: Prediction, target: Target): Losses;

  protected override loss(prediction: Prediction, target: Target): Variable {
    return meanOf(this.losses(prediction, target));
  }

  protected override outcome(prediction: Prediction, target: Target, weights: Variable | undefined): Outcome {
    if (this.reduction === 'mean' && !weights) {
      const loss = this.loss(prediction, target);
      return { loss, mean: loss };
    }
    const { each, ...rest } = this.losses(prediction, target);
    const losses = { each: weights ? each.mul(beside(weights, each)) : each, ...rest };
    if (this.reduction === 'mean') {
      const loss = meanOf(losses);
      return { loss, mean: loss };
    }
    return {
      loss: this.reduction === 'sum' ? losses.each.sum() : losses.each,
      mean: noGrad(() => meanOf(losses)),
    };
  }
}

function meanOf({ each, divisor = each.size }: Losses): Variable {
  if (divisor === each.size) return each.mean();
  return typeof divisor === 'number' ? each.sum().mul(1 / divisor) : each.sum().div(divisor);
}

/** `[batch]` as `[batch, 1, ...]`, with as many axes as the other has. */
function beside(weights: Variable, { rank }: Variable): Variable {
  return weights.reshape([weights.size, ...new Array<number>(rank - 1).fill(1)]);
}
