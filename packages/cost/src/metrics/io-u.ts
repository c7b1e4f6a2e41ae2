import { ClassMetric, type ClassCounts } from './class-metric.js';

/**
 * How much of what was answered as a class, or is of it, is both: both / (answered + right - both).
 *
 * Shapes: outputs `[batch, classes, ...]` or logits `[batch, 1, ...]`; labels int32 `[batch, ...]`. `perClass` returns the number
 * of each class. Source: scikit-learn's `jaccard_score`; Keras' `MeanIoU`.
 *
 * @example
 * const metric = new IoU({ average: 'weighted' });
 * metric.update([[2, 1], [0, 3]], [0, 0]);
 * await metric.compute();
 */
export class IoU extends ClassMetric {
  static override readonly className = 'IoU';

  protected override ofClass({ both, answered, right }: ClassCounts): number {
    return both / (answered + right - both);
  }
}
