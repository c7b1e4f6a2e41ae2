import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { optimizerOptions } from '../optimizer-options.js';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, mul, sqrt, sub } = formula;

const step = updateRule({
  name: 'AdaDelta',
  state: ['msg', 'msdx'],
  numbers: ['rate', 'rho', 'rest', 'epsilon'],
  formula: ({ w, g, msg, msdx, rate, rho, rest, epsilon }) => {
    const squares = add(mul(rho, msg), mul(rest, mul(g, g)));
    const dx = mul(sqrt(div(add(msdx, epsilon), add(squares, epsilon))), g);
    return { w: sub(w, mul(rate, dx)), msg: squares, msdx: add(mul(rho, msdx), mul(rest, mul(dx, dx))) };
  },
});

const options = optimizerOptions(
  'AdaDelta',
  {
    /** How slowly the mean squares forget. Default 0.95. */
    rho: rate.or(0.95),
    /** Starts the steps, and keeps the division finite. Default 1e-6. */
    epsilon: rate.or(1e-6),
  },
  {
    /** Factor on the steps, as in PyTorch; PuzzleLib has none. Default 1. */
    learnRate: rate.or(1),
  },
);
/** The numbers of AdaDelta. */
export type AdaDeltaOptions = Given<typeof options>;

/**
 * Steps in the unit of the weights: msg += (1 - rho) (g^2 - msg); dx = g sqrt((msdx + epsilon) / (msg + epsilon));
 * msdx += (1 - rho) (dx^2 - msdx); w -= learnRate dx.
 *
 * Needs no rate: `learnRate` is 1, and those of Variables multiply it. Source: Zeiler 2012; PuzzleLib's `AdaDelta`, which
 * knows no rates; PyTorch's `Adadelta`.
 *
 * @example
 * const optimizer = new AdaDelta().setupOn(net);
 */
export class AdaDelta extends Optimizer {
  static override readonly className = 'AdaDelta';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  protected override get squares() {
    return ['msg', 'msdx'];
  }
  declare rho: number;
  declare epsilon: number;

  constructor(...given: Arguments<[rho?: number, epsilon?: number], AdaDeltaOptions>) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { rho, epsilon } = this;
    return step(inputs, { rate: this.learnRate * variable.learnRate, rho, rest: 1 - rho, epsilon });
  }
}
