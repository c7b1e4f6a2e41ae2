import { broadcastingOp, option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { ElementCost } from '../element-cost.js';
import { reductionOption } from '../mean-cost.js';

const { abs, le, mul, select, sub } = formula;

const distance = broadcastingOp({
  name: 'HuberError',
  inputs: ['x', 't'],
  params: ['delta'],
  value: ({ x, t, delta }) => {
    const d = abs(sub(x, t));
    return select(le(d, delta), mul(0.5, mul(d, d)), mul(delta, sub(d, mul(0.5, delta))));
  },
});

const options = optionsOf('Huber', {
  /** Up to which error it is a square. Default 1. */
  delta: option.numberAbove(0).or(1),
  ...reductionOption,
});
/** Where Huber turns. */
export type HuberOptions = Given<typeof options>;

/**
 * A square near 0 and straight beyond, mean over all N elements: with d = abs(x - t), d <= delta ? d^2 / 2 :
 * delta (d - delta / 2); the gradient is x - t between, delta sign(x - t) beyond, divided by N.
 *
 * Shapes: predictions x and targets t `[batch, ...]` alike. `validate` returns the same number. Source: Huber 1964; PyTorch's
 * `HuberLoss`; Keras' `Huber`.
 *
 * @example
 * const loss = new Huber({ delta: 2 }).forward(net.forward(images), teacher.forward(images));
 * @throws ShapeError when the shapes differ.
 */
export class Huber extends ElementCost {
  static override readonly className = 'Huber';

  readonly delta: number;

  constructor(given: HuberOptions = {}) {
    const { delta, reduction } = options.read(given);
    super(reduction);
    this.delta = delta;
  }

  protected override distance(x: Variable, t: Variable): Variable {
    return distance({ x, t }, { delta: this.delta });
  }
}
