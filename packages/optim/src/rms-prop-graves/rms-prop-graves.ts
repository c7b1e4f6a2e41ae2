import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { optimizerOptions } from '../optimizer-options.js';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, mul, sqrt, sub } = formula;

const step = updateRule({
  name: 'RMSPropGraves',
  state: ['mg', 'ms', 'delta'],
  numbers: ['rate', 'alpha', 'rest', 'momentum', 'epsilon'],
  formula: ({ w, g, mg, ms, delta, rate, alpha, rest, momentum, epsilon }) => {
    const mean = add(mul(alpha, mg), mul(rest, g));
    const squares = add(mul(alpha, ms), mul(rest, mul(g, g)));
    const deviation = sqrt(add(sub(squares, mul(mean, mean)), epsilon));
    const next = add(mul(momentum, delta), div(mul(rate, g), deviation));
    return { w: sub(w, next), mg: mean, ms: squares, delta: next };
  },
});

const options = optimizerOptions('RMSPropGraves', {
  /** The step size. Default 1e-4. */
  learnRate: rate.or(1e-4),
  /** How slowly mean and mean square forget. Default 0.95. */
  alpha: rate.or(0.95),
  /** How much of the last step goes into the next. Default 0.9. */
  momRate: rate.or(0.9),
  /** Keeps the division finite. Default 1e-4. */
  epsilon: rate.or(1e-4),
});
/** The numbers of RMSPropGraves. */
export type RMSPropGravesOptions = Given<typeof options>;

/**
 * RMSProp by the deviation of the gradient, with momentum: mg = alpha mg + (1 - alpha) g; ms = alpha ms + (1 - alpha) g^2;
 * delta = momRate delta + learnRate g / sqrt(ms - mg^2 + epsilon); w -= delta.
 *
 * For recurrent networks. Source: Graves 2013, "Generating sequences", equations 38 to 45; PuzzleLib's `RMSPropGraves`
 * (PyTorch's centered `RMSprop` adds its epsilon behind the root).
 *
 * @example
 * const optimizer = new RMSPropGraves(1e-4).setupOn(net);
 */
export class RMSPropGraves extends Optimizer {
  static override readonly className = 'RMSPropGraves';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  protected override get squares() {
    return ['ms'];
  }
  declare alpha: number;
  declare momRate: number;
  declare epsilon: number;

  constructor(
    ...given: Arguments<[learnRate?: number, alpha?: number, momRate?: number, epsilon?: number], RMSPropGravesOptions>
  ) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { alpha, epsilon } = this;
    const momentum = this.momRate * variable.momRate;
    return step(inputs, { rate: this.learnRate * variable.learnRate, alpha, rest: 1 - alpha, momentum, epsilon });
  }
}
