import { ClassMetric, type ClassCounts } from './class-metric.js';

/**
 * The share of what is of a class that was answered so: both / right.
 *
 * Shapes: outputs `[batch, classes, ...]` or logits `[batch, 1, ...]`; labels int32 `[batch, ...]`. `perClass` returns the number
 * of each class. Source: PuzzleLib's `recall`, scikit-learn's `recall_score`.
 *
 * @example
 * const metric = new Recall({ average: 'weighted' });
 * metric.update([[2, 1], [0, 3]], [0, 0]);
 * await metric.compute();
 */
export class Recall extends ClassMetric {
  static override readonly className = 'Recall';

  protected override ofClass({ both, right }: ClassCounts): number {
    return both / right;
  }
}
