import { noGrad } from '../autograd/grad-mode.js';
import * as ops from '../ops/index.js';
import { newVariable } from './new-variable.js';
import type { Variable } from './variable.js';

/** Adds to a Variable's gradient: grad = momentum grad + scale part. */
export function accumulate(
  variable: Variable,
  part: Variable,
  { scale = 1, momentum = 1 }: { scale?: number; momentum?: number },
): void {
  noGrad(() => {
    const scaled = scale === 1 ? part.alias() : ops.affine(part, scale, 0);
    const before = variable.gradStorage;
    if (!before || momentum === 0) {
      variable.replaceGrad(scaled.storage.retain());
    } else {
      const old = newVariable(before.retain());
      const kept = momentum === 1 ? old : ops.affine(old, momentum, 0);
      const sum = ops.add(kept, scaled);
      variable.replaceGrad(sum.storage.retain());
      for (const made of [old, kept, sum]) made.releaseMemory();
    }
    scaled.releaseMemory();
  });
}
