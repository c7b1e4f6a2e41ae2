import { broadcastingOp, logSoftmax, option, optionsOf, softmax, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { ElementCost } from '../element-cost.js';
import { reductionOption, type Losses } from '../mean-cost.js';
import type { TargetRule } from '../target-rule.js';

const { eq, log, mul, select, sub } = formula;

const distance = broadcastingOp({
  name: 'KLDivergenceError',
  inputs: ['x', 't'],
  value: ({ x, t }) => select(eq(t, 0), 0, mul(t, sub(log(t), x))),
});

const options = optionsOf('KLDivergence', {
  /** Targets are logits as well, whose softmax is taken. Default false. */
  normTarget: option.flag.or(false),
  ...reductionOption,
});
/** What the targets of KLDivergence are. */
export type KLDivergenceOptions = Given<typeof options>;

/**
 * How much a predicted distribution differs from a target: sum t (ln t - ln p) over each sample, mean over the batch, where p is
 * the softmax of the logits x over all that a sample has; where t is 0 nothing counts. Its gradient is (p sum t - t) / batch.
 *
 * For learning from another network. Shapes: logits x and targets t `[batch, ...]` alike. `validate` returns the same number.
 * Source: PuzzleLib's `KLDivergence`; PyTorch's `KLDivLoss(reduction='batchmean')` of `log_softmax`.
 *
 * @example
 * const loss = new KLDivergence({ normTarget: true }).forward(net.forward(images), teacher.forward(images));
 * @throws ShapeError when the shapes differ; CostError for targets below 0, unless they are logits.
 */
export class KLDivergence extends ElementCost {
  static override readonly className = 'KLDivergence';

  readonly normTarget: boolean;

  constructor(given: KLDivergenceOptions = {}) {
    const { normTarget, reduction } = options.read(given);
    super(reduction);
    this.normTarget = normTarget;
  }

  protected override get targets(): TargetRule | undefined {
    return this.normTarget ? undefined : { expected: 'numbers from 0', accepts: (target) => target >= 0 };
  }

  protected override distance(prediction: Variable, target: Variable): Variable {
    const [x, t] = [prediction, target].map((one) => one.reshape([one.shape[0]!, -1]));
    return distance({ x: logSoftmax(x!, 1), t: this.normTarget ? softmax(t!, 1) : t! }).reshape(prediction.shape);
  }

  protected override losses(prediction: Variable, target: Variable): Losses {
    return { each: this.distance(prediction, target), divisor: prediction.shape[0]! };
  }
}
