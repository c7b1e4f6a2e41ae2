import { type Arguments, type Given, type Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { adamStates, adamStep } from '../adam-step.js';
import { MomentOptimizer, momentOptions } from '../moment-optimizer.js';
import { optimizerOptions } from '../optimizer-options.js';
import type { UpdateInputs } from '../optimizer.js';
import { flag, rate } from '../rate.js';

const options = optimizerOptions(
  'AdamW',
  {
    /** The step size. Default 1e-3. */
    learnRate: rate.or(1e-3),
    ...momentOptions,
    /** How fast weights fade, times the rate. Default 0.01. */
    weightDecay: rate.or(0.01),
  },
  {
    /** Divides by the largest mean square there was, not by the last. Default false. */
    amsgrad: flag.or(false),
  },
);
/** The numbers of AdamW. */
export type AdamWOptions = Given<typeof options>;

/**
 * Adam whose weight decay is no part of the gradient: w *= 1 - learnRate weightDecay wc; then mg += (1 - beta1) (g - mg);
 * ms += (1 - beta2) (g^2 - ms); w -= learnRate / (1 - beta1^t) mg / (sqrt(ms / (1 - beta2^t)) + epsilon).
 *
 * A Variable's `wc` is 1 for weights and 0 for biases, slopes and norms, which do not fade; PyTorch lets all of them.
 * Epsilon is added to the corrected root, as in PyTorch's `AdamW`. Source: Loshchilov and Hutter 2019; PyTorch's and
 * Keras' `AdamW`.
 *
 * @example
 * const optimizer = new AdamW({ learnRate: 1e-3, weightDecay: 0.05 }).setupOn(net);
 */
export class AdamW extends MomentOptimizer {
  static override readonly className = 'AdamW';
  static override readonly options = options;

  declare weightDecay: number;
  declare amsgrad: boolean;

  constructor(
    ...given: Arguments<
      [learnRate?: number, beta1?: number, beta2?: number, epsilon?: number, weightDecay?: number],
      AdamWOptions
    >
  ) {
    super(...given);
  }

  protected override get stateNames(): readonly string[] {
    return this.amsgrad ? adamStates.amsgrad : adamStates.adam;
  }

  protected override get squares() {
    return ['ms', 'top'];
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta1, beta2 } = this;
    const rate = this.learnRate * variable.learnRate;
    const root = Math.sqrt(1 - beta2 ** t);
    return adamStep(inputs, {
      ...this.moments,
      rate: (rate * root) / (1 - beta1 ** t),
      kept: 1 - rate * this.weightDecay * variable.wc,
      epsilon: this.epsilon * root,
    });
  }
}
