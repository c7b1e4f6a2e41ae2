import { defineOp, noGrad, Variable } from '@tessera-nn/core';
import { compound } from '@tessera-nn/core/internal';
import { defineElementwise, runKernel } from '@tessera-nn/kernels';
import { fill, greater, less, where } from '@tensorflow/tfjs-core';
import { checkLimit } from './clip-grad-norm.js';
import { withGradients, type Clipped } from './gradients.js';

const clipKernel = defineElementwise<'g', 'limit'>({
  name: 'ClipGradValue',
  inputs: ['g'],
  params: ['limit'],
  scalar: (g, limit) => (g > limit ? limit : g < -limit ? -limit : g),
  glsl: 'isnan(g) ? g : g > limit ? limit : g < -limit ? -limit : g',
  compose: ({ g }, { limit }) =>
    where(greater(g, limit), fill(g.shape, limit), where(less(g, -limit), fill(g.shape, -limit), g)),
});

const clipped = defineOp({
  name: 'clip gradient',
  inputs: ['g'],
  layout: 'any',
  forward: ({ g }, { limit }: { limit: number }) => runKernel(clipKernel, { g }, { limit }),
});

/**
 * Brings every element of every gradient between -`limit` and `limit`; NaN stays NaN. Call it between `backward` and
 * `update`. Source: `torch.nn.utils.clip_grad_value_`.
 *
 * @example
 * loss.backward();
 * clipGradValue(net, 0.5);
 * optimizer.update();
 * @throws OptimizerError when `limit` is not a finite number above 0; no gradient is changed then.
 */
export function clipGradValue(parameters: Clipped, limit: number): void {
  checkLimit('limit', limit);
  const chosen = withGradients(parameters, 'clipGradValue');
  noGrad(() => {
    for (const variable of chosen) {
      const result = compound(() => clipped({ g: new Variable(variable.gradStorage!.retain()) }, { limit }));
      variable.replaceGrad(result.storage.retain());
      result.dispose();
    }
  });
}
