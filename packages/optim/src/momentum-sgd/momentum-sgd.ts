import { defineKernel, elementwiseLaunch, runKernel } from '@tessera-nn/kernels';
import type { Variable } from '@tessera-nn/core';
import { add, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { checkRate, Optimizer, type UpdateInputs } from '../optimizer.js';

type Inputs = { w: Tensor; g: Tensor; mom: Tensor };
type Rates = { rate: number; momentum: number };

const momentumKernel = defineKernel<Inputs, Rates, Tensor[]>({
  name: 'MomentumSGDStep',
  outputs: ({ w }) => [{ shape: w.shape }, { shape: w.shape }],
  compose: ({ w, g, mom }, { rate, momentum }) => {
    const next = add(mul(mom, momentum), mul(g, rate));
    return [sub(w, next), next];
  },
  companion: ({ functions, at: { w, g, mom }, inputs, outputs: [weight, next] }, { rate, momentum }) =>
    functions.momentumSgd(w, g, mom, weight!, next!, inputs.w.size, rate, momentum),
  loops: ({ values: { w, g, mom }, outputs: [weight, next] }, { rate, momentum }) => {
    for (let i = 0; i < w.length; i++) {
      const moved = momentum * mom[i]! + rate * g[i]!;
      next![i] = moved;
      weight![i] = w[i]! - moved;
    }
  },
  webgl: ({ w, g, mom }, rates) =>
    elementwiseLaunch(
      {
        name: 'MomentumSGDStep',
        inputs: ['w', 'g', 'mom'],
        params: [
          ['rate', 'float'],
          ['momentum', 'float'],
        ],
        statements: 'vec4 next = momentum * mom + rate * g;',
        results: ['w - next', 'next'],
        scalar: false,
      },
      [w, g, mom],
      { ...rates },
      w.shape,
    ),
});

/**
 * Gradient descent with momentum: mom = momRate mom + learnRate g; w -= mom.
 *
 * Source: Polyak 1964; PuzzleLib's `MomentumSGD` (PyTorch's SGD with momentum, while the rate stays the same).
 *
 * @example
 * const optimizer = new MomentumSGD(0.01, 0.9).setupOn(net);
 */
export class MomentumSGD extends Optimizer {
  static override readonly className: string = 'MomentumSGD';

  protected override readonly stateNames: readonly string[] = ['mom'];
  momRate: number;

  /** @param learnRate default 1e-3. @param momRate default 0.9. */
  constructor(learnRate = 1e-3, momRate = 0.9) {
    super(learnRate);
    this.momRate = checkRate('momRate', momRate);
  }

  protected override step({ w, g, state: [mom] }: UpdateInputs, variable: Variable): Tensor[] {
    return runKernel(momentumKernel, { w, g, mom: mom! }, this.rates(variable));
  }

  /** The rates for one Variable. */
  protected rates(variable: Variable): Rates {
    return { rate: this.learnRate * variable.learnRate, momentum: this.momRate * variable.momRate };
  }

  protected override get attrs() {
    return { learnRate: this.learnRate, momRate: this.momRate };
  }
  protected override set attrs({ learnRate, momRate }: Record<string, number>) {
    this.learnRate = learnRate!;
    this.momRate = momRate!;
  }
}
