import { concat, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import type { CostInput } from '../cost.js';
import { answersOf, ignoreOption } from './answers.js';
import { Metric } from './metric.js';

const options = optionsOf('Accuracy', ignoreOption);
/** What Accuracy counts. */
export type AccuracyOptions = Given<typeof options>;

/**
 * The share of right answers: 1 less what `CrossEntropy` validates. NaN where no label counts.
 *
 * Shapes: outputs `[batch, classes, ...]`, whose largest is the answer, or logits `[batch, 1, ...]`, yes above 0; labels int32
 * `[batch, ...]`.
 *
 * @example
 * const accuracy = new Accuracy();
 * for (const { data, shape, labels } of batches(digits.test, { batchSize: 64 })) {
 *   accuracy.update(net.forward(new Variable(data, { shape })), labels);
 * }
 * await accuracy.compute();
 */
export class Accuracy extends Metric {
  static override readonly className = 'Accuracy';
  readonly ignoreIndex: number | undefined;

  constructor(given: AccuracyOptions = {}) {
    super();
    this.ignoreIndex = options.read(given).ignoreIndex;
  }

  protected override count(output: Variable, target: CostInput): Variable {
    const { answers, labels } = answersOf(output, target, this.className, this.ignoreIndex);
    return concat([answers.mul(labels).sum().reshape([1]), labels.sum().reshape([1])]);
  }

  protected override value([right, all]: Float32Array): number {
    return right! / all!;
  }
}
