import { option, optionsOf, sigmoid, softmax, type Given, type Variable } from '@tessera-nn/core';
import { ElementCost } from '../element-cost.js';
import { reductionOption } from '../mean-cost.js';
import type { TargetRule } from '../target-rule.js';

const activations = {
  sigmoid,
  softmax: (x: Variable) => softmax(x, 1),
  none: (x: Variable) => x,
};

const options = optionsOf('Dice', {
  /** What makes shares of the predictions: `sigmoid` of each, `softmax` over the maps, or `none`. Default `sigmoid`. */
  activation: option.oneOf('sigmoid', 'softmax', 'none').or('sigmoid'),
  /** Added above and below, so that empty masks have a loss. Default 1. */
  smooth: option.numberFrom(0).or(1),
  ...reductionOption,
});
/** How Dice compares masks. */
export type DiceOptions = Given<typeof options>;

/**
 * How little two masks overlap: 1 - (2 sum p t + smooth) / (sum p + sum t + smooth) for each map of each sample, mean over
 * maps and samples, where p are shares from 0 to 1 that the predictions become.
 *
 * For segmentation, where the background is much larger than what is looked for. Shapes: predictions and targets
 * `[batch, maps, ...]` alike, to losses `[batch, maps]`; `[batch, n]` are single masks, to `[batch]`. Targets are from 0 to
 * 1. `validate` returns the same number. Source: F. Milletari et al., "V-Net", 2016, with plain sums in the denominator, as
 * MONAI's `DiceLoss`.
 *
 * @example
 * const loss = new Dice().forward([[4, -4, -4]], [[1, 0, 0]]);
 * @throws ShapeError when the shapes differ; CostError for targets outside of 0 to 1.
 */
export class Dice extends ElementCost {
  static override readonly className = 'Dice';

  readonly activation: keyof typeof activations;
  readonly smooth: number;

  constructor(given: DiceOptions = {}) {
    const { activation, smooth, reduction } = options.read(given);
    super(reduction);
    this.activation = activation;
    this.smooth = smooth;
  }

  protected override get targets(): TargetRule {
    return { expected: 'numbers from 0 to 1', accepts: (target) => target >= 0 && target <= 1 };
  }

  protected override distance(prediction: Variable, t: Variable): Variable {
    const p = activations[this.activation](prediction);
    const first = Math.min(2, p.rank - 1);
    const axes = Array.from({ length: p.rank - first }, (_, i) => first + i);
    const both = p.mul(t).sum(axes).mul(2).add(this.smooth);
    return both
      .div(p.sum(axes).add(t.sum(axes)).add(this.smooth))
      .mul(-1)
      .add(1);
  }
}
