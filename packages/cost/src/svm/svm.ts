import { broadcastingOp, option, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { ClassCost, classOptions } from '../class-cost.js';
import { targetsOp } from '../class-targets.js';
import { reductionOption, type Losses } from '../mean-cost.js';

const { max, mul, sub } = formula;

const margin = broadcastingOp({
  name: 'SvmError',
  inputs: ['x', 't'],
  value: ({ x, t }) => max(0, sub(1, mul(x, sub(mul(2, t), 1)))),
});

const options = optionsOf(
  'SVM',
  {
    /** The hinge itself (`l1`), or its square (`l2`), which is smooth. Default `l1`. */
    mode: option.oneOf('l1', 'l2').or('l1'),
    maxlabels: classOptions.maxlabels,
  },
  reductionOption,
);
/** How SVM measures a margin. */
export type SVMOptions = Given<typeof options>;

/**
 * A support vector machine for each class against all others: with h = max(0, 1 - t x), where t is 1 for the class of the
 * label and -1 else, the mean of h (`l1`) or of h^2 (`l2`) over all scores x. Its gradient is -t / N, or -2 t h / N, where
 * t x < 1, else 0.
 *
 * Shapes: scores `[batch, classes, ...]`, labels int32 `[batch, ...]` or `[batch, 1, ...]`. `validate` returns the share of
 * wrong answers. Sources: Y. Tang, "Deep learning using linear support vector machines", 2013; PuzzleLib's `SVM`, whose
 * gradient does not divide by the places of images.
 *
 * @example
 * const loss = new SVM('l2').forward(net.forward(images), labels);
 * @throws CostError naming a label out of range and its place; ShapeError when labels and scores do not fit.
 */
export class SVM extends ClassCost {
  static override readonly className = 'SVM';

  readonly mode: 'l1' | 'l2';

  constructor(...given: Arguments<[mode?: 'l1' | 'l2', maxlabels?: number], SVMOptions>) {
    const { mode, ...rest } = options.arguments(given);
    super(rest);
    this.mode = mode;
  }

  protected override losses(x: Variable, labels: Variable): Losses {
    const inputs = { labels, weights: this.weightsFor(x.shape[1]!) };
    const { targets } = targetsOp(inputs, { labelSmoothing: 0, ignoreIndex: undefined, byWeights: false });
    const h = margin({ x, t: targets });
    return { each: this.mode === 'l1' ? h : h.square() };
  }
}
