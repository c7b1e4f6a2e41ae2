import { broadcastingOp, option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { ElementCost } from '../element-cost.js';
import { reductionOption } from '../mean-cost.js';
import type { TargetRule } from '../target-rule.js';
import { binaryError } from './binary-error.js';

const { add, mul, neg, softplus, sub } = formula;

const distance = broadcastingOp({
  name: 'BinaryCrossEntropy',
  inputs: ['x', 't'],
  params: ['posWeight'],
  value: ({ x, t, posWeight }) => add(mul(sub(1, t), x), mul(add(1, mul(sub(posWeight, 1), t)), softplus(neg(x)))),
});

const options = optionsOf('BCE', {
  /** How much targets of 1 count against those of 0. Default 1. */
  posWeight: option.numberFrom(0).or(1),
  ...reductionOption,
});
/** How BCE weighs targets. */
export type BCEOptions = Given<typeof options>;

/**
 * Binary cross-entropy from logits, mean over all N elements: -(posWeight t ln s + (1 - t) ln(1 - s)) with s = 1 / (1 + e^-x),
 * in a form that does not overflow; with posWeight 1 its gradient is (s - t) / N.
 *
 * For yes-or-no questions, several at once where an image may be several things. Shapes: logits x and targets t
 * `[batch, ...]` alike, or `[batch, 1]` with `[batch]`. Targets are from 0 to 1. `validate` returns the share of wrong
 * answers: yes is a logit above 0, a target above 0.5. Source: PuzzleLib's `BCE`; PyTorch's `BCEWithLogitsLoss`.
 *
 * @example
 * const loss = new BCE().forward([[2], [-1]], [1, 0]);
 * @throws ShapeError when the shapes differ; CostError for targets outside of 0 to 1.
 */
export class BCE extends ElementCost {
  static override readonly className = 'BCE';

  readonly posWeight: number;

  constructor(given: BCEOptions = {}) {
    const { posWeight, reduction } = options.read(given);
    super(reduction);
    this.posWeight = posWeight;
  }

  protected override get targets(): TargetRule {
    return { expected: 'numbers from 0 to 1', accepts: (target) => target >= 0 && target <= 1 };
  }

  protected override validationError(x: Variable, t: Variable): Variable {
    return binaryError({ x, t }).mean();
  }

  protected override distance(x: Variable, t: Variable): Variable {
    return distance({ x, t }, { posWeight: this.posWeight });
  }
}
