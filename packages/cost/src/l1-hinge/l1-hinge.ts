import { broadcastingOp, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import { binaryError } from '../bce/binary-error.js';
import { PairCost } from '../pair-cost.js';
import { reductionOption, type Losses } from '../mean-cost.js';

const { abs, gt, max, select, sub } = formula;

const distance = broadcastingOp({
  name: 'L1HingeError',
  inputs: ['x1', 'x2', 'label'],
  value: ({ x1, x2, label }) => {
    const d = abs(sub(x1, x2));
    return select(gt(label, 0.5), d, max(0, sub(1, d)));
  },
});

const options = optionsOf('L1Hinge', reductionOption);
/** What L1Hinge returns. */
export type L1HingeOptions = Given<typeof options>;

/**
 * Brings outputs of like samples together and those of unlike ones apart, element by element: with d = abs(x1 - x2) the mean
 * of d where the label is 1, of max(0, 1 - d) where it is 0.
 *
 * For networks that compare two samples. Shapes: predictions are a list of x1 and x2, `[batch, n]` each; labels `[batch]`, 1
 * for alike. `validate` returns the share of pairs whose mean distance is on the wrong side of 1. Source: PuzzleLib's
 * `L1Hinge`, with the true sign of its gradient.
 *
 * @example
 * const alike = [1, 0, 1, 1, 0, 1, 0, 0];
 * const loss = new L1Hinge().forward([net.forward(images), net.forward(images)], alike);
 * @throws ShapeError when the shapes do not fit; CostError for labels other than 0 and 1.
 */
export class L1Hinge extends PairCost {
  static override readonly className = 'L1Hinge';
  protected override readonly labels = { expected: '0 or 1', accepts: (label: number) => label === 0 || label === 1 };

  constructor(given: L1HingeOptions = {}) {
    super(options.read(given).reduction);
  }

  protected override losses([x1, x2]: readonly Variable[], label: Variable): Losses {
    return { each: distance({ x1: x1!, x2: x2!, label }) };
  }

  protected override validationError([x1, x2]: readonly Variable[], label: Variable): Variable {
    const beyond = x1!.sub(x2!).abs().mean(1, true).sub(1);
    return binaryError({ x: beyond, t: label.mul(-1).add(1) }).mean();
  }
}
