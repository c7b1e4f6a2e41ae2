import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { momentNumbers, MomentOptimizer, momentOptions, moments, momentState } from '../moment-optimizer.js';
import { optimizerOptions } from '../optimizer-options.js';
import type { UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, mul, sqrt, sub } = formula;

const step = updateRule({
  name: 'NAdam',
  state: momentState,
  numbers: ['rateG', 'rateM', ...momentNumbers],
  formula: (variables) => {
    const { w, g, rateG, rateM, epsilon } = variables;
    const { mg, ms } = moments(variables);
    const change = div(add(mul(rateG, g), mul(rateM, mg)), add(sqrt(ms), epsilon));
    return { w: sub(w, change), mg, ms };
  },
});

/** Of PyTorch's and Dozat's schedule. */
const DECAY_BASE = 0.96;

const options = optimizerOptions('NAdam', {
  /** The step size. Default 2e-3. */
  learnRate: rate.or(2e-3),
  ...momentOptions,
  /** How fast the momentum comes in. Default 4e-3. */
  momentumDecay: rate.or(4e-3),
});
/** The numbers of NAdam. */
export type NAdamOptions = Given<typeof options>;

/**
 * Adam with the momentum of Nesterov: mg and ms as in Adam; u_t = beta1 (1 - 0.96^(t momentumDecay) / 2), p_t = u_1 ... u_t;
 * w -= learnRate (g (1 - u_t) / (1 - p_t) + mg u_(t+1) / (1 - p_(t+1))) / (sqrt(ms / (1 - beta2^t)) + epsilon).
 *
 * Source: Dozat 2016; PyTorch's `NAdam`.
 *
 * @example
 * const optimizer = new NAdam(2e-3).setupOn(net);
 */
export class NAdam extends MomentOptimizer {
  static override readonly className = 'NAdam';
  static override readonly options = options;

  #last: Momenta | undefined;
  declare momentumDecay: number;

  constructor(
    ...given: Arguments<
      [learnRate?: number, beta1?: number, beta2?: number, epsilon?: number, momentumDecay?: number],
      NAdamOptions
    >
  ) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta2 } = this;
    const root = Math.sqrt(1 - beta2 ** t);
    const rate = this.learnRate * variable.learnRate * root;
    const { now, next, product } = this.#momenta();
    const numbers = { ...this.moments, epsilon: this.epsilon * root };
    return step(inputs, {
      rateG: (rate * (1 - now)) / (1 - product),
      rateM: (rate * next) / (1 - product * next),
      ...numbers,
    });
  }

  /** The momentum of this step and of the next, and the product of all up to this one; once for all Variables of a step. */
  #momenta(): Momenta {
    const { t, beta1, momentumDecay } = this;
    const key = [t, beta1, momentumDecay].join();
    if (this.#last?.key === key) return this.#last;
    const at = (step: number) => beta1 * (1 - 0.5 * DECAY_BASE ** (step * momentumDecay));
    let product = 1;
    // Below float64's smallest number it is 0 for good.
    for (let step = 1; step <= t && product > 0; step++) product *= at(step);
    return (this.#last = { key, now: at(t), next: at(t + 1), product });
  }
}

interface Momenta {
  key: string;
  now: number;
  next: number;
  product: number;
}
