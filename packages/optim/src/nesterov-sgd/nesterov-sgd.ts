import { defineKernel, elementwiseLaunch, runKernel } from '@tessera-nn/kernels';
import type { Variable } from '@tessera-nn/core';
import { add, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { MomentumSGD } from '../momentum-sgd/momentum-sgd.js';
import type { UpdateInputs } from '../optimizer.js';

const nesterovKernel = defineKernel<
  { w: Tensor; g: Tensor; mom: Tensor },
  { rate: number; momentum: number },
  Tensor[]
>({
  name: 'NesterovSGDStep',
  outputs: ({ w }) => [{ shape: w.shape }, { shape: w.shape }],
  compose: ({ w, g, mom }, { rate, momentum }) => {
    const scaled = mul(g, rate);
    const ahead = add(mul(mom, momentum * momentum), mul(scaled, 1 + momentum));
    return [sub(w, ahead), add(mul(mom, momentum), scaled)];
  },
  companion: ({ functions, at: { w, g, mom }, inputs, outputs: [weight, next] }, { rate, momentum }) =>
    functions.nesterovSgd(w, g, mom, weight!, next!, inputs.w.size, rate, momentum),
  loops: ({ values: { w, g, mom }, outputs: [weight, next] }, { rate, momentum }) => {
    for (let i = 0; i < w.length; i++) {
      const scaled = rate * g[i]!;
      weight![i] = w[i]! - momentum * momentum * mom[i]! - (1 + momentum) * scaled;
      next![i] = momentum * mom[i]! + scaled;
    }
  },
  webgl: ({ w, g, mom }, rates) =>
    elementwiseLaunch(
      {
        name: 'NesterovSGDStep',
        inputs: ['w', 'g', 'mom'],
        params: [
          ['rate', 'float'],
          ['momentum', 'float'],
        ],
        statements: 'vec4 scaled = rate * g;',
        results: ['w - momentum * momentum * mom - (1.0 + momentum) * scaled', 'momentum * mom + scaled'],
        scalar: false,
      },
      [w, g, mom],
      { ...rates },
      w.shape,
    ),
});

/**
 * Momentum that looks ahead: w -= momRate^2 mom + (1 + momRate) learnRate g; mom = momRate mom + learnRate g.
 *
 * Source: Sutskever et al. 2013; PuzzleLib's `NesterovSGD` (PyTorch's SGD with nesterov).
 *
 * @example
 * const optimizer = new NesterovSGD(0.01, 0.9).setupOn(net);
 */
export class NesterovSGD extends MomentumSGD {
  static override readonly className = 'NesterovSGD';

  protected override rule({ w, g, state: [mom] }: UpdateInputs, variable: Variable): Tensor[] {
    return runKernel(nesterovKernel, { w, g, mom: mom! }, this.rates(variable));
  }
}
