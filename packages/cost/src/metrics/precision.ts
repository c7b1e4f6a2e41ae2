import { ClassMetric, type ClassCounts } from './class-metric.js';

/**
 * The share of the answers of a class that are right: both / answered.
 *
 * Shapes: outputs `[batch, classes, ...]` or logits `[batch, 1, ...]`; labels int32 `[batch, ...]`. `perClass` returns the number
 * of each class. Source: PuzzleLib's `precision`, scikit-learn's `precision_score`.
 *
 * @example
 * const metric = new Precision({ average: 'weighted' });
 * metric.update([[2, 1], [0, 3]], [0, 0]);
 * await metric.compute();
 */
export class Precision extends ClassMetric {
  static override readonly className = 'Precision';

  protected override ofClass({ both, answered }: ClassCounts): number {
    return both / answered;
  }
}
