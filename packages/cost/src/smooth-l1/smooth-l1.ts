import { broadcastingOp, option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { ElementCost } from '../element-cost.js';
import { reductionOption } from '../mean-cost.js';

const { abs, div, lt, mul, select, sub } = formula;

const distance = broadcastingOp({
  name: 'SmoothL1Error',
  inputs: ['x', 't'],
  params: ['beta'],
  value: ({ x, t, beta }) => {
    const d = abs(sub(x, t));
    return select(lt(d, beta), div(mul(d, d), mul(2, beta)), sub(d, mul(0.5, beta)));
  },
});

const options = optionsOf('SmoothL1', {
  /** Up to which error it is a square. Default 1; with 0 it is `Abs`. */
  beta: option.numberFrom(0).or(1),
  ...reductionOption,
});
/** Where SmoothL1 turns. */
export type SmoothL1Options = Given<typeof options>;

/**
 * A square near 0 and straight beyond, mean over all N elements: with d = abs(x - t), d < beta ? d^2 / (2 beta) : d - beta / 2;
 * the gradient is (x - t) / beta between, sign(x - t) beyond, divided by N.
 *
 * Shapes: predictions x and targets t `[batch, ...]` alike. `validate` returns the same number. Source: Girshick 2015, "Fast
 * R-CNN"; PuzzleLib's `SmoothL1`; PyTorch's `SmoothL1Loss`; `Huber` is beta times it.
 *
 * @example
 * const loss = new SmoothL1({ beta: 0.5 }).forward(net.forward(images), teacher.forward(images));
 * @throws ShapeError when the shapes differ.
 */
export class SmoothL1 extends ElementCost {
  static override readonly className = 'SmoothL1';

  readonly beta: number;

  constructor(given: SmoothL1Options = {}) {
    const { beta, reduction } = options.read(given);
    super(reduction);
    this.beta = beta;
  }

  protected override distance(x: Variable, t: Variable): Variable {
    return distance({ x, t }, { beta: this.beta });
  }
}
