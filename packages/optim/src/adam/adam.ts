import { defineKernel, elementwiseLaunch, runKernel } from '@tessera-nn/kernels';
import { option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { add, div, mul, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';

type Inputs = { w: Tensor; g: Tensor; mg: Tensor; ms: Tensor };
type Rates = { rate: number; beta1: number; beta2: number; epsilon: number };

const adamKernel = defineKernel<Inputs, Rates, Tensor[]>({
  name: 'AdamStep',
  outputs: ({ w }) => [{ shape: w.shape }, { shape: w.shape }, { shape: w.shape }],
  compose: ({ w, g, mg, ms }, { rate, beta1, beta2, epsilon }) => {
    const mean = add(mul(mg, beta1), mul(g, 1 - beta1));
    const squares = add(mul(ms, beta2), mul(square(g), 1 - beta2));
    return [sub(w, div(mul(mean, rate), add(sqrt(squares), epsilon))), mean, squares];
  },
  companion: ({ functions, at: { w, g, mg, ms }, inputs, outputs: [weight, mean, squares] }, rates) => {
    const { rate, beta1, beta2, epsilon } = rates;
    const { size } = inputs.w;
    functions.adam(w, g, mg, ms, weight!, mean!, squares!, size, rate, beta1, 1 - beta1, beta2, 1 - beta2, epsilon);
  },
  loops: ({ values: { w, g, mg, ms }, outputs: [weight, mean, squares] }, { rate, beta1, beta2, epsilon }) => {
    for (let i = 0; i < w.length; i++) {
      const grad = g[i]!;
      const m = mg[i]! * beta1 + grad * (1 - beta1);
      const s = ms[i]! * beta2 + grad * grad * (1 - beta2);
      mean![i] = m;
      squares![i] = s;
      weight![i] = w[i]! - (rate * m) / (Math.sqrt(s) + epsilon);
    }
  },
  webgl: ({ w, g, mg, ms }, rates) =>
    elementwiseLaunch(
      {
        name: 'AdamStep',
        inputs: ['w', 'g', 'mg', 'ms'],
        params: [
          ['rate', 'float'],
          ['beta1', 'float'],
          ['beta2', 'float'],
          ['rest1', 'float'],
          ['rest2', 'float'],
          ['epsilon', 'float'],
        ],
        statements: 'vec4 mean = mg * beta1 + g * rest1; vec4 squares = ms * beta2 + g * g * rest2;',
        results: ['w - rate * mean / (sqrt(squares) + epsilon)', 'mean', 'squares'],
        scalar: false,
      },
      [w, g, mg, ms],
      // 1 - beta2 in float32 would lose most of its digits
      { ...rates, rest1: 1 - rates.beta1, rest2: 1 - rates.beta2 },
      w.shape,
    ),
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

  protected override readonly stateNames = ['mg', 'ms'];
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

  protected override rule({ w, g, state: [mg, ms] }: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta1, beta2, epsilon } = this;
    const corrected = (this.learnRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    const rate = corrected * variable.learnRate;
    return runKernel(adamKernel, { w, g, mg: mg!, ms: ms! }, { rate, beta1, beta2, epsilon });
  }
}
