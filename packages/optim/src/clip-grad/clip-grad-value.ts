import { defineOp, noGrad, Variable } from '@tessera-nn/core';
import { compound } from '@tessera-nn/core/internal';
import { defineElementwise, formula as f, runKernel } from '@tessera-nn/kernels';
import { checkLimit } from './clip-grad-norm.js';
import { withGradients, type Clipped } from './gradients.js';

const clipKernel = defineElementwise({
  name: 'ClipGradValue',
  inputs: ['g'],
  params: ['limit'],
  formula: ({ g, limit }) => f.max(f.min(g, limit), f.neg(limit)),
});

/** g with every element between the limits. */
export const clipped = defineOp({
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
