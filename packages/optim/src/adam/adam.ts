import { formula } from '@tessera-nn/kernels';
import { option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, mul, sqrt, sub } = formula;

/** `rest` is 1 - beta, which float32 would lose most digits of. */
const step = updateRule({
  name: 'Adam',
  state: ['mg', 'ms'],
  numbers: ['rate', 'beta1', 'rest1', 'beta2', 'rest2', 'epsilon'],
  formula: ({ w, g, mg, ms, rate, beta1, rest1, beta2, rest2, epsilon }) => {
    const mean = add(mul(beta1, mg), mul(rest1, g));
    const squares = add(mul(beta2, ms), mul(rest2, mul(g, g)));
    return { w: sub(w, div(mul(rate, mean), add(sqrt(squares), epsilon))), mg: mean, ms: squares };
  },
});

const options = optionsOf(
  'Adam',
  {
    /** The step size. Default 1e-3. */
    learnRate: rate.or(1e-3),
    /** How slowly the mean gradient forgets. Default 0.9. */
    beta1: rate.or(0.9),
    /** How slowly the mean square forgets. Default 0.999. */
    beta2: rate.or(0.999),
    /** Keeps the division finite. Default 1e-8. */
    epsilon: rate.or(1e-8),
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
export class Adam extends Optimizer {
  static override readonly className = 'Adam';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  protected override get squares() {
    return ['ms'];
  }
  declare beta1: number;
  declare beta2: number;
  declare epsilon: number;

  constructor(learnRate?: number, beta1?: number, beta2?: number, epsilon?: number);
  constructor(options: AdamOptions);
  constructor(...given: unknown[]) {
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
    const { t, beta1, beta2, epsilon } = this;
    const corrected = (this.learnRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    const rate = corrected * variable.learnRate;
    const rests = { rest1: 1 - beta1, rest2: 1 - beta2 };
    return step(inputs, { rate, beta1, beta2, ...rests, epsilon });
  }
}
