import { broadcastingOp, option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { ElementCost } from '../element-cost.js';
import { reductionOption } from '../mean-cost.js';

const { mul, sub } = formula;

const distance = broadcastingOp({
  name: 'SquaredError',
  inputs: ['x', 't'],
  params: ['factor'],
  value: ({ x, t, factor }) => mul(factor, mul(sub(x, t), sub(x, t))),
});

const options = optionsOf('MSE', {
  /** Halves the mean, so that the gradient is d / N. Default true, as in PuzzleLib; PyTorch and Keras do not halve. */
  half: option.flag.or(true),
  ...reductionOption,
});
/** How errors are averaged. */
export type MSEOptions = Given<typeof options>;

/**
 * Mean squared error over all N elements: sum (prediction - target)^2 / (2 N); its gradient is (prediction - target) / N.
 *
 * Shapes: predictions and targets `[batch, ...]` alike. `validate` returns the same number.
 * Source: PuzzleLib's `MSE`; `{ half: false }` is PyTorch's `MSELoss`.
 *
 * @example
 * const loss = new MSE().forward(net.forward(images), teacher.forward(images));
 * @throws ShapeError when the shapes differ.
 */
export class MSE extends ElementCost {
  static override readonly className = 'MSE';

  readonly half: boolean;

  constructor(given: MSEOptions = {}) {
    const { half, reduction } = options.read(given);
    super(reduction);
    this.half = half;
  }

  protected override distance(x: Variable, t: Variable): Variable {
    return distance({ x, t }, { factor: this.half ? 0.5 : 1 });
  }
}
