import { type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { defineElementwise, formula, runKernel } from '@tessera-nn/kernels';
import { mul as mulTensors, sqrt as sqrtTensor, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { momentNumbers, MomentOptimizer, momentOptions, moments, momentState } from '../moment-optimizer.js';
import { optimizerOptions } from '../optimizer-options.js';
import type { UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, gt, mul, select, sqrt, sub } = formula;

/** The direction of a step, which takes the place of the weight. */
const direction = updateRule({
  name: 'LAMBDirection',
  state: momentState,
  numbers: ['correction', 'decay', ...momentNumbers],
  formula: (variables) => {
    const { w, correction, decay, epsilon } = variables;
    const { mg, ms } = moments(variables);
    return { w: add(div(mul(correction, mg), add(sqrt(ms), epsilon)), mul(decay, w)), mg, ms };
  },
});

const moveKernel = defineElementwise({
  name: 'LAMBStep',
  inputs: ['w', 'u', 'size', 'length'],
  params: ['rate'],
  formula: ({ w, u, size, length, rate }) => {
    const trust = select(gt(size, 0), select(gt(length, 0), div(size, length), 1), 1);
    return sub(w, mul(mul(rate, trust), u));
  },
});

const options = optimizerOptions('LAMB', {
  /** The step size. Default 1e-3. */
  learnRate: rate.or(1e-3),
  ...momentOptions,
  /** Keeps the division finite. Default 1e-6. */
  epsilon: rate.or(1e-6),
  /** How much of the weight is added to the direction. Default 0.01. */
  weightDecay: rate.or(0.01),
});
/** The numbers of LAMB. */
export type LAMBOptions = Given<typeof options>;

/**
 * Adam for large batches, whose step of a Variable is in proportion to the Variable: mg += (1 - beta1) (g - mg);
 * ms += (1 - beta2) (g^2 - ms); u = mg / (1 - beta1^t) / (sqrt(ms / (1 - beta2^t)) + epsilon) + weightDecay wc w;
 * w -= learnRate |w| / |u| u, with 1 for the ratio where one of the lengths is 0.
 *
 * Source: Y. You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020.
 *
 * @example
 * const optimizer = new LAMB({ learnRate: 2e-3 }).setupOn(net);
 */
export class LAMB extends MomentOptimizer {
  static override readonly className = 'LAMB';
  static override readonly options = options;

  declare weightDecay: number;

  constructor(
    ...given: Arguments<
      [learnRate?: number, beta1?: number, beta2?: number, epsilon?: number, weightDecay?: number],
      LAMBOptions
    >
  ) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta1, beta2 } = this;
    const root = Math.sqrt(1 - beta2 ** t);
    return tidy(() => {
      const [u, ...state] = direction(inputs, {
        ...this.moments,
        correction: root / (1 - beta1 ** t),
        decay: this.weightDecay * variable.wc,
        epsilon: this.epsilon * root,
      }) as [Tensor, Tensor, Tensor];
      const given = { w: inputs.w, u, size: lengthOf(inputs.w), length: lengthOf(u) };
      return [runKernel(moveKernel, given, { rate: this.learnRate * variable.learnRate }), ...state];
    });
  }
}

const lengthOf = (x: Tensor): Tensor => sqrtTensor(sum(mulTensors(x, x)));
