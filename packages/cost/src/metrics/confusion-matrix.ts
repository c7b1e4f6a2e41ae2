import { matmul, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import type { CostInput } from '../cost.js';
import { answersOf, ignoreOption } from './answers.js';
import { Metric } from './metric.js';

const options = optionsOf('ConfusionMatrix', ignoreOption);
/** What a ConfusionMatrix counts. */
export type ConfusionMatrixOptions = Given<typeof options>;

/** Counts of a batch, `[classes, classes]`: rows are what is right, columns what was answered. */
export function confusion(output: Variable, target: CostInput, path: string, ignoreIndex?: number): Variable {
  const { answers, labels } = answersOf(output, target, path, ignoreIndex);
  return matmul(labels.transpose([1, 0]), answers);
}

/**
 * How often each class was answered for each: a list of rows, one for each class that is right, of counts of answers.
 *
 * Shapes: outputs `[batch, classes, ...]` or logits `[batch, 1, ...]`; labels int32 `[batch, ...]`. Source: PuzzleLib's
 * `confusion`, scikit-learn's `confusion_matrix`.
 *
 * @example
 * const matrix = new ConfusionMatrix();
 * matrix.update([[2, 1], [0, 3]], [0, 0]);
 * await matrix.compute(); // [[1, 1], [0, 0]]
 */
export class ConfusionMatrix extends Metric<number[][]> {
  static override readonly className = 'ConfusionMatrix';
  readonly ignoreIndex: number | undefined;

  constructor(given: ConfusionMatrixOptions = {}) {
    super();
    this.ignoreIndex = options.read(given).ignoreIndex;
  }

  protected override count(output: Variable, target: CostInput): Variable {
    return confusion(output, target, this.className, this.ignoreIndex);
  }

  protected override value(counts: Float32Array, [classes]: readonly [number, number]): number[][] {
    return Array.from({ length: classes }, (_, c) => [...counts.subarray(c * classes, (c + 1) * classes)]);
  }
}
