import { optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { rate } from '../rate.js';
import type { Hook } from './hook.js';

const options = optionsOf('WeightDecay', {
  rate,
});
/** The numbers of WeightDecay. */
export type WeightDecayOptions = Given<typeof options>;

/**
 * L2 weight decay: g += rate wc w, with each Variable's own factor `wc`: 1 for weights, 0 for biases, slopes and norms.
 *
 * Source: PuzzleLib's `WeightDecay` (coupled, as PyTorch's `weight_decay` of SGD); there `wc` is 0 unless set.
 *
 * @example
 * optimizer.addHook(new WeightDecay(1e-4));
 * @throws OptimizerError when the rate is negative or no number.
 */
export class WeightDecay implements Hook {
  readonly rate: number;

  constructor(...given: Arguments<[rate: number], WeightDecayOptions>) {
    this.rate = options.arguments(given).rate;
  }

  changeGrad(variable: Variable, grad: Variable): Variable {
    if (variable.wc <= 0 || this.rate === 0) return grad;
    return grad.add(variable.mul(this.rate * variable.wc));
  }
}
