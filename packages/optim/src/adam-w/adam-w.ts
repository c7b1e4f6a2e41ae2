import { formula } from '@tessera-nn/kernels';
import { optionsOf, type Given, type Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, mul, sqrt, sub } = formula;

const step = updateRule({
  name: 'AdamW',
  state: ['mg', 'ms'],
  numbers: ['rate', 'kept', 'beta1', 'rest1', 'beta2', 'rest2', 'epsilon'],
  formula: ({ w, g, mg, ms, rate, kept, beta1, rest1, beta2, rest2, epsilon }) => {
    const mean = add(mul(beta1, mg), mul(rest1, g));
    const squares = add(mul(beta2, ms), mul(rest2, mul(g, g)));
    return { w: sub(mul(kept, w), div(mul(rate, mean), add(sqrt(squares), epsilon))), mg: mean, ms: squares };
  },
});

const options = optionsOf('AdamW', {
  /** The step size. Default 1e-3. */
  learnRate: rate.or(1e-3),
  /** How slowly the mean gradient forgets. Default 0.9. */
  beta1: rate.or(0.9),
  /** How slowly the mean square forgets. Default 0.999. */
  beta2: rate.or(0.999),
  /** Keeps the division finite. Default 1e-8. */
  epsilon: rate.or(1e-8),
  /** How fast weights fade, times the rate. Default 0.01. */
  weightDecay: rate.or(0.01),
});
/** The numbers of AdamW. */
export type AdamWOptions = Given<typeof options>;

/**
 * Adam whose weight decay is no part of the gradient: w *= 1 - learnRate weightDecay wc; then mg += (1 - beta1) (g - mg);
 * ms += (1 - beta2) (g^2 - ms); w -= learnRate / (1 - beta1^t) mg / (sqrt(ms / (1 - beta2^t)) + epsilon).
 *
 * A Variable's `wc` is 1 for weights and 0 for biases, slopes and norms, which do not fade; PyTorch lets all of them.
 * Epsilon is added to the corrected root, as in PyTorch's `AdamW`. Source: Loshchilov and Hutter 2019.
 *
 * @example
 * const optimizer = new AdamW({ learnRate: 1e-3, weightDecay: 0.05 }).setupOn(net);
 */
export class AdamW extends Optimizer {
  static override readonly className = 'AdamW';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  protected override get squares() {
    return ['ms'];
  }
  declare beta1: number;
  declare beta2: number;
  declare epsilon: number;
  declare weightDecay: number;

  constructor(learnRate?: number, beta1?: number, beta2?: number, epsilon?: number, weightDecay?: number);
  constructor(options: AdamWOptions);
  constructor(...given: unknown[]) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta1, beta2 } = this;
    const rate = this.learnRate * variable.learnRate;
    const root = Math.sqrt(1 - beta2 ** t);
    const numbers = { beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon: this.epsilon * root };
    return step(inputs, {
      rate: (rate * root) / (1 - beta1 ** t),
      kept: 1 - rate * this.weightDecay * variable.wc,
      ...numbers,
    });
  }
}
