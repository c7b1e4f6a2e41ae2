import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { optimizerOptions } from '../optimizer-options.js';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { flag, rate, share } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, mul, sub } = formula;

/** What a step takes of the gradient into the momentum, of the last momentum, and of the momentum into the weight. */
type Rates = { gain: number; momentum: number; rate: number };

const step = updateRule({
  name: 'MomentumSGD',
  state: ['mom'],
  numbers: ['gain', 'momentum', 'rate'],
  formula: ({ w, g, mom, gain, momentum, rate }) => {
    const next = add(mul(momentum, mom), mul(gain, g));
    return { w: sub(w, mul(rate, next)), mom: next };
  },
});

const options = optimizerOptions(
  'MomentumSGD',
  {
    /** Default 1e-3. */
    learnRate: rate.or(1e-3),
    /** How much of the last step goes into the next. Default 0.9. */
    momRate: rate.or(0.9),
  },
  {
    /** How much of each gradient but the first is left out of the momentum, from 0 to 1. Default 0. */
    dampening: share.or(0),
    /** Keeps the rate out of the momentum, as PyTorch does. Default false. */
    torch: flag.or(false),
  },
);
/** The numbers of MomentumSGD and NesterovSGD. */
export type MomentumSGDOptions = Given<typeof options>;

/**
 * Gradient descent with momentum: mom = momRate mom + learnRate g; w -= mom.
 *
 * With `dampening` d the gradients behind the first count (1 - d) times. With `torch` mom = momRate mom + g and
 * w -= learnRate mom: the same while the rate stays the same, but a new rate holds for all of the momentum at once. With
 * gradients of 1, momRate 0.9 and rates of 1 and 0.1, the second step is 1 without, and 0.19 with it. Source: Polyak 1964;
 * PuzzleLib's `MomentumSGD`; PyTorch's SGD with momentum.
 *
 * @example
 * const optimizer = new MomentumSGD(0.01, 0.9).setupOn(net);
 */
export class MomentumSGD extends Optimizer {
  static override readonly className: string = 'MomentumSGD';
  static override readonly options = options;

  protected override readonly stateNames: readonly string[] = step.stateNames;
  declare momRate: number;
  declare dampening: number;
  declare torch: boolean;

  constructor(...given: Arguments<[learnRate?: number, momRate?: number], MomentumSGDOptions>) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    return step(inputs, this.rates(variable));
  }

  /** The rates for one Variable. */
  protected rates(variable: Variable): Rates {
    const rate = this.learnRate * variable.learnRate;
    const gain = this.isFirst(variable) ? 1 : 1 - this.dampening;
    const momentum = this.momRate * variable.momRate;
    return this.torch ? { gain, momentum, rate } : { gain: gain * rate, momentum, rate: 1 };
  }
}
