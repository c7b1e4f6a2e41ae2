import { broadcastingOp, option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { binaryError } from '../bce/binary-error.js';
import { ElementCost } from '../element-cost.js';
import { reductionOption } from '../mean-cost.js';
import type { TargetRule } from '../target-rule.js';

const { add, mul, neg, pow, sigmoid, softplus, sub } = formula;

const distance = broadcastingOp({
  name: 'FocalError',
  inputs: ['x', 't'],
  params: ['alpha', 'gamma'],
  value: ({ x, t, alpha, gamma }) => {
    const rest = sub(1, t);
    const missed = add(mul(sigmoid(x), rest), mul(sigmoid(neg(x)), t)); // 1 - p_t, without losing its digits
    const weight = add(mul(alpha, t), mul(sub(1, alpha), rest));
    return mul(weight, mul(pow(missed, gamma), add(mul(rest, x), softplus(neg(x)))));
  },
});

const options = optionsOf('Focal', {
  /** The weight of targets of 1; that of 0 is 1 - alpha. Default 0.25. */
  alpha: option.numberBetween(0, 1).or(0.25),
  /** How fast what is already right stops to count. Default 2; with 0 it is a weighted BCE. */
  gamma: option.numberFrom(0).or(2),
  ...reductionOption,
});
/** How Focal weighs targets. */
export type FocalOptions = Given<typeof options>;

/**
 * Binary cross-entropy that leaves what is already right to itself, mean over all N elements: alpha_t (1 - p_t)^gamma
 * (-ln p_t), where p_t is the probability that the logit x gives to the target t, and alpha_t is alpha or 1 - alpha.
 *
 * For detection, where nearly all answers are no. Shapes: logits x and targets t `[batch, ...]` alike, or `[batch, 1]` with
 * `[batch]`. Targets are from 0 to 1. `validate` returns the share of wrong answers. Source: T.-Y. Lin et al., "Focal loss
 * for dense object detection", 2017; torchvision's `sigmoid_focal_loss`.
 *
 * @example
 * const loss = new Focal({ gamma: 3 }).forward([[2], [-1]], [1, 0]);
 * @throws ShapeError when the shapes differ; CostError for targets outside of 0 to 1.
 */
export class Focal extends ElementCost {
  static override readonly className = 'Focal';

  readonly alpha: number;
  readonly gamma: number;

  constructor(given: FocalOptions = {}) {
    const { alpha, gamma, reduction } = options.read(given);
    super(reduction);
    this.alpha = alpha;
    this.gamma = gamma;
  }

  protected override get targets(): TargetRule {
    return { expected: 'numbers from 0 to 1', accepts: (target) => target >= 0 && target <= 1 };
  }

  protected override validationError(x: Variable, t: Variable): Variable {
    return binaryError({ x, t }).mean();
  }

  protected override distance(x: Variable, t: Variable): Variable {
    return distance({ x, t }, { alpha: this.alpha, gamma: this.gamma });
  }
}
