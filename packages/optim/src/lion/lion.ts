import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { optimizerOptions } from '../optimizer-options.js';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, mul, sign, sub } = formula;

const step = updateRule({
  name: 'Lion',
  state: ['mg'],
  numbers: ['rate', 'kept', 'beta1', 'rest1', 'beta2', 'rest2'],
  formula: ({ w, g, mg, rate, kept, beta1, rest1, beta2, rest2 }) => ({
    w: sub(mul(kept, w), mul(rate, sign(add(mul(beta1, mg), mul(rest1, g))))),
    mg: add(mul(beta2, mg), mul(rest2, g)),
  }),
});

const options = optimizerOptions('Lion', {
  /** The step size. Default 1e-4. */
  learnRate: rate.or(1e-4),
  /** How much of the momentum goes into a step. Default 0.9. */
  beta1: rate.or(0.9),
  /** How slowly the momentum forgets. Default 0.99. */
  beta2: rate.or(0.99),
  /** How fast weights fade, times the rate. Default 0. */
  weightDecay: rate.or(0),
});
/** The numbers of Lion. */
export type LionOptions = Given<typeof options>;

/**
 * Steps of one size, along the sign of the momentum: w *= 1 - learnRate weightDecay wc;
 * w -= learnRate sign(beta1 mg + (1 - beta1) g); mg = beta2 mg + (1 - beta2) g.
 *
 * Half of Adam's memory; wants rates 3 to 10 times smaller. A Variable's `wc` is 1 for weights and 0 for the rest. Source:
 * Chen et al. 2023.
 *
 * @example
 * const optimizer = new Lion(1e-4).setupOn(net);
 */
export class Lion extends Optimizer {
  static override readonly className = 'Lion';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  declare beta1: number;
  declare beta2: number;
  declare weightDecay: number;

  constructor(
    ...given: Arguments<[learnRate?: number, beta1?: number, beta2?: number, weightDecay?: number], LionOptions>
  ) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { beta1, beta2 } = this;
    const rate = this.learnRate * variable.learnRate;
    const kept = 1 - rate * this.weightDecay * variable.wc;
    return step(inputs, { rate, kept, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2 });
  }
}
