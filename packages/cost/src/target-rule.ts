import { CostError, Variable } from '@tessera-nn/core';
import { readHostData, shapeText } from '@tessera-nn/core/internal';
import type { CostInput } from './cost.js';

/** What targets may be, and how messages say it. */
export interface TargetRule {
  readonly expected: string;
  readonly accepts: (target: number) => boolean;
}

/**
 * Numbers as a Variable, checked where they still lie on the host; those of a device come back as they are.
 *
 * @param shape that of flat arrays.
 * @throws CostError naming the first target that the rule does not accept.
 */
export function ruledTarget(
  target: CostInput,
  shape: readonly number[],
  rule: TargetRule | undefined,
  path: string,
): CostInput {
  if (target instanceof Variable || (typeof target === 'object' && 'dataId' in target)) return target;
  const host = readHostData(target, ArrayBuffer.isView(target) ? shape : undefined, 'float32');
  const wrong = rule ? host.values.findIndex((value) => !rule.accepts(value)) : -1;
  if (wrong < 0) return new Variable(host.values, { shape: host.shape });
  throw new CostError(`${path}: target ${host.values[wrong]} at position ${wrong} cannot be`, {
    path,
    expected: rule!.expected,
    received: `${host.values[wrong]} in ${shapeText(host.shape)}`,
  });
}
