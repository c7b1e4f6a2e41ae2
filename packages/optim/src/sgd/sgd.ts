import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { optimizerOptions } from '../optimizer-options.js';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { mul, sub } = formula;

const step = updateRule({
  name: 'SGD',
  state: [],
  numbers: ['rate'],
  formula: ({ w, g, rate }) => ({ w: sub(w, mul(rate, g)) }),
});

const options = optimizerOptions('SGD', {
  /** Default 1e-3. */
  learnRate: rate.or(1e-3),
});
/** The numbers of SGD. */
export type SGDOptions = Given<typeof options>;

/**
 * Plain gradient descent: w -= learnRate g.
 *
 * @example
 * const optimizer = new SGD(0.1).setupOn(net);
 */
export class SGD extends Optimizer {
  static override readonly className = 'SGD';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;

  constructor(...given: Arguments<[learnRate?: number], SGDOptions>) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    return step(inputs, { rate: this.learnRate * variable.learnRate });
  }
}
