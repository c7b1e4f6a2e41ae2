import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { optimizerOptions } from '../optimizer-options.js';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, mul, sqrt, sub } = formula;

const step = updateRule({
  name: 'AdaGrad',
  state: ['h'],
  numbers: ['rate', 'epsilon'],
  formula: ({ w, g, h, rate, epsilon }) => {
    const sum = add(h, mul(g, g));
    return { w: sub(w, div(mul(rate, g), add(sqrt(sum), epsilon))), h: sum };
  },
});

const options = optimizerOptions('AdaGrad', {
  /** The step size. Default 1e-3. */
  learnRate: rate.or(1e-3),
  /** Keeps the division finite. Default 1e-8. */
  epsilon: rate.or(1e-8),
});
/** The numbers of AdaGrad. */
export type AdaGradOptions = Given<typeof options>;

/**
 * Steps that shrink with all squares so far: h += g^2; w -= learnRate g / (sqrt h + epsilon).
 *
 * For sparse gradients; on long runs it comes to a stop. Source: Duchi et al. 2011; PuzzleLib's `AdaGrad`, PyTorch's
 * `Adagrad` without `lr_decay`.
 *
 * @example
 * const optimizer = new AdaGrad(0.01).setupOn(net);
 */
export class AdaGrad extends Optimizer {
  static override readonly className = 'AdaGrad';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  protected override get squares() {
    return ['h'];
  }
  declare epsilon: number;

  constructor(...given: Arguments<[learnRate?: number, epsilon?: number], AdaGradOptions>) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    return step(inputs, { rate: this.learnRate * variable.learnRate, epsilon: this.epsilon });
  }
}
