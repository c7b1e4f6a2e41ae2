import { split, Variable } from '@tessera-nn/core';
import type { TestedCost } from './cost-spec.js';

/** A cost of several outputs. */
interface CostOfLists extends Pick<TestedCost, 'getError' | 'getMeanError' | 'resetAccumulator' | 'dispose'> {
  forward(
    predictions: readonly Variable[],
    target: Float32Array | Int32Array,
    options?: { sampleWeights?: readonly number[] },
  ): Variable;
  validate(predictions: readonly Variable[], target: Float32Array | Int32Array): Promise<number>;
}

/** A cost of several outputs of one shape as `costSpec` tests it: of a single one, which is cut into so many along axis 1. */
export function costOfParts(cost: CostOfLists, count: number): TestedCost {
  const parts = (x: Variable) => split(x, new Array<number>(count).fill(x.shape[1]! / count), 1);
  return {
    forward: (x, target, options = {}) => cost.forward(parts(x), target, options),
    validate: (x, target) => cost.validate(parts(x), target),
    getError: () => cost.getError(),
    getMeanError: () => cost.getMeanError(),
    resetAccumulator: () => cost.resetAccumulator(),
    dispose: () => cost.dispose(),
  };
}
