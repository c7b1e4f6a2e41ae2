import { broadcastingOp, concat, option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';
import type { CostInput } from '../cost.js';
import { answersOf, ignoreOption } from './answers.js';
import { Metric } from './metric.js';

const { gt, lt, mul, select } = formula;

const isAbove = broadcastingOp({
  name: 'IsAbove',
  inputs: ['score', 'own'],
  value: ({ score, own }) => select(gt(score, own), 1, 0),
});

const isAmong = broadcastingOp({
  name: 'IsAmong',
  inputs: ['above', 'counts'],
  params: ['k'],
  value: ({ above, counts, k }) => mul(counts, select(lt(above, k), 1, 0)),
});

const options = optionsOf('TopKAccuracy', {
  /** Among how many answers the right one may be. Default 5. */
  k: option.count.or(5),
  ...ignoreOption,
});
/** What TopKAccuracy counts. */
export type TopKAccuracyOptions = Given<typeof options>;

/**
 * The share of labels whose score is among the k largest: fewer than k others are above it. NaN where no label counts.
 *
 * Shapes: outputs `[batch, classes, ...]`; labels int32 `[batch, ...]`. Source: Keras' `TopKCategoricalAccuracy`.
 *
 * @example
 * const accuracy = new TopKAccuracy({ k: 2 });
 * accuracy.update([[3, 2, 1], [3, 2, 1]], [1, 2]);
 * await accuracy.compute(); // 0.5
 */
export class TopKAccuracy extends Metric {
  static override readonly className = 'TopKAccuracy';
  readonly k: number;
  readonly ignoreIndex: number | undefined;

  constructor(given: TopKAccuracyOptions = {}) {
    super();
    const { k, ignoreIndex } = options.read(given);
    this.k = k;
    this.ignoreIndex = ignoreIndex;
  }

  protected override count(output: Variable, target: CostInput): Variable {
    const { labels, scores } = answersOf(output, target, this.className, this.ignoreIndex);
    const own = labels.mul(scores).sum(1, true);
    const counts = labels.sum(1);
    const hits = isAmong({ above: isAbove({ score: scores, own }).sum(1), counts }, { k: this.k });
    return concat([hits.sum().reshape([1]), counts.sum().reshape([1])]);
  }

  protected override value([hits, all]: Float32Array): number {
    return hits! / all!;
  }
}
