import { broadcastingOp, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { ElementCost } from '../element-cost.js';
import { reductionOption } from '../mean-cost.js';
import type { TargetRule } from '../target-rule.js';

const { max, mul, sub } = formula;

const distance = broadcastingOp({
  name: 'HingeError',
  inputs: ['x', 't'],
  value: ({ x, t }) => max(0, sub(1, mul(t, x))),
});

const options = optionsOf('Hinge', reductionOption);
/** What Hinge returns. */
export type HingeOptions = Given<typeof options>;

/**
 * Hinge loss, mean over all N elements: max(0, 1 - t x) for targets t of -1 and 1; the gradient is -t / N where t x < 1, else 0.
 *
 * Shapes: predictions x and targets t `[batch, ...]` alike, or `[batch, 1]` with `[batch]`. `validate` returns the same
 * number. Source: Cortes and Vapnik 1995; PuzzleLib's `Hinge`.
 *
 * @example
 * const loss = new Hinge().forward([[0.5], [2]], [1, -1]);
 * @throws ShapeError when the shapes differ; CostError for targets other than -1 and 1.
 */
export class Hinge extends ElementCost {
  static override readonly className = 'Hinge';

  constructor(given: HingeOptions = {}) {
    super(options.read(given).reduction);
  }

  protected override get targets(): TargetRule {
    return { expected: '-1 or 1', accepts: (target) => Math.abs(target) === 1 };
  }

  protected override distance(x: Variable, t: Variable): Variable {
    return distance({ x, t });
  }
}
