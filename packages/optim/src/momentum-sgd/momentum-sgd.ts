import { formula, type Arguments } from '@tessera-nn/kernels';
import { optionsOf, type Given, type Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, mul, sub } = formula;

type Rates = { rate: number; momentum: number };

const step = updateRule({
  name: 'MomentumSGD',
  state: ['mom'],
  numbers: ['rate', 'momentum'],
  formula: ({ w, g, mom, rate, momentum }) => {
    const next = add(mul(momentum, mom), mul(rate, g));
    return { w: sub(w, next), mom: next };
  },
});

const options = optionsOf('MomentumSGD', {
  /** Default 1e-3. */
  learnRate: rate.or(1e-3),
  /** How much of the last step goes into the next. Default 0.9. */
  momRate: rate.or(0.9),
});
/** The numbers of MomentumSGD and NesterovSGD. */
export type MomentumSGDOptions = Given<typeof options>;

/**
 * Gradient descent with momentum: mom = momRate mom + learnRate g; w -= mom.
 *
 * Source: Polyak 1964; PuzzleLib's `MomentumSGD` (PyTorch's SGD with momentum, while the rate stays the same).
 *
 * @example
 * const optimizer = new MomentumSGD(0.01, 0.9).setupOn(net);
 */
export class MomentumSGD extends Optimizer {
  static override readonly className: string = 'MomentumSGD';
  static override readonly options = options;

  protected override readonly stateNames: readonly string[] = step.stateNames;
  declare momRate: number;

  constructor(...given: Arguments<[learnRate?: number, momRate?: number], MomentumSGDOptions>) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    return step(inputs, this.rates(variable));
  }

  /** The rates for one Variable. */
  protected rates(variable: Variable): Rates {
    return { rate: this.learnRate * variable.learnRate, momentum: this.momRate * variable.momRate };
  }
}
