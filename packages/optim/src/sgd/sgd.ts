import { defineElementwise, runKernel } from '@tessera-nn/kernels';
import type { Variable } from '@tessera-nn/core';
import { mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { Optimizer, type UpdateInputs } from '../optimizer.js';

const sgdKernel = defineElementwise<'w' | 'g', 'rate'>({
  name: 'SGDStep',
  inputs: ['w', 'g'],
  params: ['rate'],
  companion: 'sgd',
  scalar: (w, g, rate) => w - rate * g,
  glsl: 'w - rate * g',
  compose: ({ w, g }, { rate }) => sub(w, mul(g, rate)),
});

/**
 * Plain gradient descent: w -= learnRate g.
 *
 * @example
 * const optimizer = new SGD(0.1).setupOn(net);
 */
export class SGD extends Optimizer {
  static override readonly className = 'SGD';

  protected override readonly stateNames = [];

  /** @param learnRate default 1e-3. */
  constructor(learnRate = 1e-3) {
    super(learnRate);
  }

  protected override step({ w, g }: UpdateInputs, variable: Variable): Tensor[] {
    return [runKernel(sgdKernel, { w, g }, { rate: this.learnRate * variable.learnRate })];
  }

  protected override get attrs() {
    return { learnRate: this.learnRate };
  }
  protected override set attrs({ learnRate }: Record<string, number>) {
    this.learnRate = learnRate!;
  }
}
