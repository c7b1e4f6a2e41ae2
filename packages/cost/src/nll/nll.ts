import { optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { ClassCost, classOptions, ignoreOption } from '../class-cost.js';
import { partOfLabel, targetsOp } from '../class-targets.js';
import { reductionOption, type Losses } from '../mean-cost.js';

const options = optionsOf('NLL', classOptions, { ...ignoreOption, ...reductionOption });
/** How labels are compared with log-probabilities. */
export type NLLOptions = Given<typeof options>;

/**
 * Negative log-likelihood of labels under log-probabilities x, such as those of `LogSoftMax`: the mean of -w_l x_l. With one
 * weight per class the mean divides by the sum of the labels' weights.
 *
 * For nets that return log-probabilities; of scores `CrossEntropy` computes the same in one kernel. Shapes: x
 * `[batch, classes, ...]`, labels int32 `[batch, ...]` or `[batch, 1, ...]`. `validate` returns the share of wrong answers.
 * Source: PyTorch's `NLLLoss`.
 *
 * @example
 * const loss = new NLL().forward(logSoftmax(net.forward(images), 1), labels);
 * @throws CostError naming a label out of range and its place; ShapeError when labels and log-probabilities do not fit.
 */
export class NLL extends ClassCost {
  static override readonly className = 'NLL';

  constructor(...given: Arguments<[maxlabels?: number, weights?: NLLOptions['weights']], NLLOptions>) {
    super(options.arguments(given));
  }

  protected override losses(x: Variable, labels: Variable): Losses {
    const inputs = { labels, weights: this.weightsFor(x.shape[1]!) };
    const attrs = { labelSmoothing: 0, ignoreIndex: this.ignoreIndex, byWeights: true };
    const { targets, norm } = targetsOp(inputs, attrs);
    return { each: partOfLabel({ t: targets, log: x }).sum(1), divisor: norm };
  }
}
