import { formula } from '@tessera-nn/kernels';
import type { Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { MomentumSGD } from '../momentum-sgd/momentum-sgd.js';
import type { UpdateInputs } from '../optimizer.js';
import { updateRule } from '../update-rule.js';

const { add, mul, sub } = formula;

const step = updateRule({
  name: 'NesterovSGD',
  state: ['mom'],
  numbers: ['gain', 'momentum', 'rate'],
  formula: ({ w, g, mom, gain, momentum, rate }) => {
    const scaled = mul(gain, g);
    const next = add(mul(momentum, mom), scaled);
    return { w: sub(w, mul(rate, add(mul(momentum, next), scaled))), mom: next };
  },
});

/**
 * Momentum that looks ahead: w -= momRate^2 mom + (1 + momRate) learnRate g; mom = momRate mom + learnRate g.
 *
 * `dampening` and `torch` are as in `MomentumSGD`. Source: Sutskever et al. 2013; PuzzleLib's `NesterovSGD`; PyTorch's SGD with
 * nesterov.
 *
 * @example
 * const optimizer = new NesterovSGD(0.01, 0.9).setupOn(net);
 */
export class NesterovSGD extends MomentumSGD {
  static override readonly className = 'NesterovSGD';

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    return step(inputs, this.rates(variable));
  }
}
