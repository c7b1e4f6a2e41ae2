import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { momentNumbers, MomentOptimizer, momentOptions, moments, momentState } from '../moment-optimizer.js';
import { optimizerOptions } from '../optimizer-options.js';
import type { UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, gt, mul, select, sqrt, sub } = formula;

const step = updateRule({
  name: 'RAdam',
  state: momentState,
  numbers: ['rate', 'rectified', ...momentNumbers],
  formula: (variables) => {
    const { w, rate, rectified, epsilon } = variables;
    const { mg, ms } = moments(variables);
    const adapted = div(mul(rectified, mg), add(sqrt(ms), epsilon));
    return { w: sub(w, mul(rate, select(gt(rectified, 0), adapted, mg))), mg, ms };
  },
});

const options = optimizerOptions('RAdam', {
  /** The step size. Default 1e-3. */
  learnRate: rate.or(1e-3),
  ...momentOptions,
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
export class RAdam extends MomentOptimizer {
  static override readonly className = 'RAdam';
  static override readonly options = options;

  constructor(
    ...given: Arguments<[learnRate?: number, beta1?: number, beta2?: number, epsilon?: number], RAdamOptions>
  ) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta1, beta2 } = this;
    const rate = (this.learnRate * variable.learnRate) / (1 - beta1 ** t);
    return step(inputs, { rate, rectified: rectification(beta2, t), ...this.moments });
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
