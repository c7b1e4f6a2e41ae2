import { option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { Cost } from '../cost.js';

const options = optionsOf('MSE', {
  /** Halves the mean, so that the gradient is d / N. Default true, as in PuzzleLib; PyTorch and Keras do not halve. */
  half: option.flag.or(true),
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
export class MSE extends Cost {
  static override readonly className = 'MSE';

  readonly half: boolean;

  constructor(given: MSEOptions = {}) {
    super();
    this.half = options.read(given).half;
  }

  override get hostTargets(): boolean {
    return true;
  }

  protected override loss(prediction: Variable, target: Variable): Variable {
    const mean = prediction.sub(target).square().mean();
    return this.half ? mean.mul(0.5) : mean;
  }
}
