import { option, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { adamStates, adamStep } from '../adam-step.js';
import { MomentOptimizer, momentOptions } from '../moment-optimizer.js';
import { optimizerOptions } from '../optimizer-options.js';
import type { UpdateInputs } from '../optimizer.js';
import { flag, rate } from '../rate.js';

const options = optimizerOptions(
  'Adam',
  {
    /** The step size. Default 1e-3. */
    learnRate: rate.or(1e-3),
    ...momentOptions,
  },
  {
    /** PuzzleLib's name for `learnRate`. */
    alpha: option.nameOf<number>('learnRate'),
    /** Divides by the largest mean square there was, not by the last. Default false. */
    amsgrad: flag.or(false),
    /** Adds epsilon to the corrected root, as PyTorch and Keras do. Default false. */
    torch: flag.or(false),
  },
);
/** The numbers of Adam. */
export type AdamOptions = Given<typeof options>;

/**
 * Adaptive moments: mg += (1 - beta1) (g - mg); ms += (1 - beta2) (g^2 - ms); w -= rate mg / (sqrt ms + epsilon) with
 * rate = learnRate sqrt(1 - beta2^t) / (1 - beta1^t).
 *
 * Epsilon is added to the uncorrected root, as in the paper's efficient form and PuzzleLib. With `torch` it is added to the
 * corrected one, sqrt(ms / (1 - beta2^t)), as in PyTorch: after the first step with a gradient of 1e-8 and the presets w
 * changed by 3.1e-5 without, and by 5e-4 with it. With `amsgrad` top = max(top, ms) stands in the place of ms. Source:
 * Kingma and Ba 2015; S. Reddi et al. 2018; PuzzleLib's, PyTorch's and Keras' `Adam`.
 *
 * @example
 * const optimizer = new Adam(1e-3).setupOn(net);
 */
export class Adam extends MomentOptimizer {
  static override readonly className = 'Adam';
  static override readonly options = options;
  declare amsgrad: boolean;
  declare torch: boolean;

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

  protected override get stateNames(): readonly string[] {
    return this.amsgrad ? adamStates.amsgrad : adamStates.adam;
  }

  protected override get squares() {
    return ['ms', 'top'];
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    const { t, beta1, beta2 } = this;
    const root = Math.sqrt(1 - beta2 ** t);
    const rate = ((this.learnRate * root) / (1 - beta1 ** t)) * variable.learnRate;
    const epsilon = this.torch ? this.epsilon * root : this.epsilon;
    return adamStep(inputs, { ...this.moments, rate, kept: 1, epsilon });
  }
}
