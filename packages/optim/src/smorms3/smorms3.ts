import { formula, type Arguments } from '@tessera-nn/kernels';
import type { Given, Variable } from '@tessera-nn/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { optimizerOptions } from '../optimizer-options.js';
import { Optimizer, type UpdateInputs } from '../optimizer.js';
import { rate } from '../rate.js';
import { updateRule } from '../update-rule.js';

const { add, div, min, mul, sqrt, sub } = formula;

const step = updateRule({
  name: 'SMORMS3',
  state: ['mem', 'mg', 'ms'],
  numbers: ['rate', 'epsilon'],
  formula: ({ w, g, mem, mg, ms, rate, epsilon }) => {
    const r = div(1, add(mem, 1));
    const mean = add(mul(sub(1, r), mg), mul(r, g));
    const squares = add(mul(sub(1, r), ms), mul(r, mul(g, g)));
    const trust = div(mul(mean, mean), add(squares, epsilon));
    const change = div(mul(g, min(rate, trust)), add(sqrt(squares), epsilon));
    return { w: sub(w, change), mem: add(1, mul(mem, sub(1, trust))), mg: mean, ms: squares };
  },
});

const options = optimizerOptions('SMORMS3', {
  /** The step size. Default 1e-3. */
  learnRate: rate.or(1e-3),
  /** Keeps the division finite. Default 1e-16. */
  epsilon: rate.or(1e-16),
});
/** The numbers of SMORMS3. */
export type SMORMS3Options = Given<typeof options>;

/**
 * RMSProp that chooses how much it remembers: r = 1 / (mem + 1); mg = (1 - r) mg + r g; ms = (1 - r) ms + r g^2;
 * x = mg^2 / (ms + epsilon); mem = 1 + mem (1 - x); w -= g min(learnRate, x) / (sqrt ms + epsilon).
 *
 * mem starts as 1; the rate only bounds x. Source: Funk 2015; PuzzleLib's `SMORMS3`.
 *
 * @example
 * const optimizer = new SMORMS3().setupOn(net);
 */
export class SMORMS3 extends Optimizer {
  static override readonly className = 'SMORMS3';
  static override readonly options = options;

  protected override readonly stateNames = step.stateNames;
  protected override get squares() {
    return ['ms'];
  }
  protected override readonly starts = { mem: 1 };
  declare epsilon: number;

  constructor(...given: Arguments<[learnRate?: number, epsilon?: number], SMORMS3Options>) {
    super(...given);
  }

  protected override rule(inputs: UpdateInputs, variable: Variable): Tensor[] {
    return step(inputs, { rate: this.learnRate * variable.learnRate, epsilon: this.epsilon });
  }
}
