import { broadcastingOp, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { ElementCost } from '../element-cost.js';
import { reductionOption } from '../mean-cost.js';

const { abs, sub } = formula;

const distance = broadcastingOp({
  name: 'AbsError',
  inputs: ['x', 't'],
  value: ({ x, t }) => abs(sub(x, t)),
});

const options = optionsOf('Abs', reductionOption);
/** What Abs returns. */
export type AbsOptions = Given<typeof options>;

/**
 * Mean absolute error over all N elements: sum abs(x - t) / N; its gradient is sign(x - t) / N, and 0 where they are equal.
 *
 * Less moved by single large errors than `MSE`. Shapes: predictions x and targets t `[batch, ...]` alike. `validate` returns
 * the same number. Source: PuzzleLib's `Abs` (there the gradient of equals is -1 / N); PyTorch's `L1Loss`.
 *
 * @example
 * const loss = new Abs().forward(net.forward(images), teacher.forward(images));
 * @throws ShapeError when the shapes differ.
 */
export class Abs extends ElementCost {
  static override readonly className = 'Abs';

  constructor(given: AbsOptions = {}) {
    super(options.read(given).reduction);
  }

  protected override distance(x: Variable, t: Variable): Variable {
    return distance({ x, t });
  }
}
