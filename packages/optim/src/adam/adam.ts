import { formula, type Arguments } from '@tessera-nn/kernels';
import { option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { momentNumbers, MomentOptimizer, momentOptions, moments, momentState } from '../moment-optimizer.js';
import type { UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, mul, sqrt, sub } = formula;

const step = updateRule({
  name: 'Adam',
  state: momentState,
  numbers: ['rate', ...momentNumbers],
  formula: (variables) => {
    const { w, rate, epsilon } = variables;
    const { mg, ms } = moments(variables);
    return { w: sub(w, div(mul(rate, mg), add(sqrt(ms), epsilon))), mg, ms };
  },
});

const options = optionsOf(
  'Adam',
  {
    /** The step size. Default 1e-3. */
    learnRate: rate.or(1e-3),
    ...momentOptions,
  },
  {
    /** PuzzleLib's name for `learnRate`. */
    alpha: option.nameOf<number>('learnRate'),
  },
);
/** The numbers of Adam. */
export type AdamOptions = Given<typeof options>;

/**
 * Adaptive moments: mg += (1 - beta1) (g - mg); ms += (1 - beta2) (g^2 - ms); w -= rate mg / (sqrt ms + epsilon) with
 * rate = learnRate sqrt(1 - beta2^t) / (1 - beta1^t).
 *
 * Epsilon is added to the uncorrected root, as in
 * the paper's efficient form and PuzzleLib. Source: Kingma and Ba 2015; PuzzleLib's `Adam`.
 *
 * @example
 * const optimizer = new Adam(1e-3).setupOn(net);
 */
export class Adam extends MomentOptimizer {
  static override readonly className = 'Adam';
  static override readonly options = options;

  constructor(
    ...given: Arguments<[learnRate?: number, beta1?: number, beta2?: number, epsilon?: number], AdamOptions>
  ) {
    super(...given);
  }

  /** PuzzleLib's name for `learnRate`. */
  get alpha(): number {
    return this.learnRate;
  }
  set alpha(rate: number) {
    this.learnRate = rate;
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta1, beta2 } = this;
    const corrected = (this.learnRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    const rate = corrected * variable.learnRate;
    return step(inputs, { rate, ...this.moments });
  }
}
