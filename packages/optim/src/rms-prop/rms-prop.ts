import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { optimizerOptions } from '../optimizer-options.js';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, mul, sqrt, sub } = formula;

const step = updateRule({
  name: 'RMSProp',
  state: ['ms'],
  numbers: ['rate', 'factor', 'rest', 'epsilon'],
  formula: ({ w, g, ms, rate, factor, rest, epsilon }) => {
    const squares = add(mul(factor, ms), mul(rest, mul(g, g)));
    return { w: sub(w, div(mul(rate, g), add(sqrt(squares), epsilon))), ms: squares };
  },
});

const options = optimizerOptions('RMSProp', {
  /** The step size. Default 1e-3. */
  learnRate: rate.or(1e-3),
  /** How slowly the mean square forgets. Default 0.9. */
  factor: rate.or(0.9),
  /** Keeps the division finite. Default 1e-5. */
  epsilon: rate.or(1e-5),
});
/** The numbers of RMSProp. */
export type RMSPropOptions = Given<typeof options>;

/**
 * Steps divided by the recent size of the gradient: ms = factor ms + (1 - factor) g^2; w -= learnRate g / (sqrt ms + epsilon).
 *
 * Source: Hinton's lecture 6e, 2012; PuzzleLib's `RMSProp`, PyTorch's `RMSprop` with `alpha` for `factor`.
 *
 * @example
 * const optimizer = new RMSProp(1e-3, 0.9).setupOn(net);
 */
export class RMSProp extends Optimizer {
  static override readonly className = 'RMSProp';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  protected override get squares() {
    return ['ms'];
  }
  declare factor: number;
  declare epsilon: number;

  constructor(...given: Arguments<[learnRate?: number, factor?: number, epsilon?: number], RMSPropOptions>) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { factor, epsilon } = this;
    return step(inputs, { rate: this.learnRate * variable.learnRate, factor, rest: 1 - factor, epsilon });
  }
}
