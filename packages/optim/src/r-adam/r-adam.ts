import { formula } from '@tessera-nn/kernels';
import { optionsOf, type Given, type Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, gt, mul, select, sqrt, sub } = formula;

const step = updateRule({
  name: 'RAdam',
  state: ['mg', 'ms'],
  numbers: ['rate', 'rectified', 'beta1', 'rest1', 'beta2', 'rest2', 'epsilon'],
  formula: ({ w, g, mg, ms, rate, rectified, beta1, rest1, beta2, rest2, epsilon }) => {
    const mean = add(mul(beta1, mg), mul(rest1, g));
    const squares = add(mul(beta2, ms), mul(rest2, mul(g, g)));
    const adapted = div(mul(rectified, mean), add(sqrt(squares), epsilon));
    return { w: sub(w, mul(rate, select(gt(rectified, 0), adapted, mean))), mg: mean, ms: squares };
  },
});

const options = optionsOf('RAdam', {
  /** The step size. Default 1e-3. */
  learnRate: rate.or(1e-3),
  /** How slowly the mean gradient forgets. Default 0.9. */
  beta1: rate.or(0.9),
  /** How slowly the mean square forgets. Default 0.999. */
  beta2: rate.or(0.999),
  /** Keeps the division finite. Default 1e-8. */
  epsilon: rate.or(1e-8),
});
/** The numbers of RAdam. */
export type RAdamOptions = Given<typeof options>;

/**
 * Adam that does not divide by mean squares before it has seen enough of them: with m = mg / (1 - beta1^t), w -= learnRate m
 * while r_t <= 5, and then w -= learnRate m r sqrt(1 - beta2^t) / (sqrt ms + epsilon), where r_inf = 2 / (1 - beta2) - 1,
 * r_t = r_inf - 2 t beta2^t / (1 - beta2^t), r = sqrt((r_t - 4) (r_t - 2) r_inf / ((r_inf - 4) (r_inf - 2) r_t)).
 *
 * No warm-up of the rate is needed. Source: Liu et al. 2020; PyTorch's `RAdam`.
 *
 * @example
 * const optimizer = new RAdam(1e-3).setupOn(net);
 */
export class RAdam extends Optimizer {
  static override readonly className = 'RAdam';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  protected override get squares() {
    return ['ms'];
  }
  declare beta1: number;
  declare beta2: number;
  declare epsilon: number;

  constructor(learnRate?: number, beta1?: number, beta2?: number, epsilon?: number);
  constructor(options: RAdamOptions);
  constructor(...given: unknown[]) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta1, beta2, epsilon } = this;
    const numbers = { beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon };
    const rate = (this.learnRate * variable.learnRate) / (1 - beta1 ** t);
    return step(inputs, { rate, rectified: rectification(beta2, t), ...numbers });
  }
}

/** From how many effective squares on their mean is worth dividing by; the paper's. */
const ENOUGH = 5;

/** The factor on an adapted step, and 0 where there shall be none. */
function rectification(beta2: number, t: number): number {
  const most = 2 / (1 - beta2) - 1;
  const seen = most - (2 * t * beta2 ** t) / (1 - beta2 ** t);
  if (seen <= ENOUGH) return 0;
  return Math.sqrt((((seen - 4) * (seen - 2) * most) / ((most - 4) * (most - 2) * seen)) * (1 - beta2 ** t));
}
