import { ClassMetric, type ClassCounts } from './class-metric.js';

/**
 * The harmonic mean of precision and recall of a class: 2 both / (answered + right).
 *
 * Shapes: outputs `[batch, classes, ...]` or logits `[batch, 1, ...]`; labels int32 `[batch, ...]`. `perClass` returns the number
 * of each class. Source: scikit-learn's `f1_score`.
 *
 * @example
 * const metric = new F1({ average: 'weighted' });
 * metric.update([[2, 1], [0, 3]], [0, 0]);
 * await metric.compute();
 */
export class F1 extends ClassMetric {
  static override readonly className = 'F1';

  protected override ofClass({ both, answered, right }: ClassCounts): number {
    return (2 * both) / (answered + right);
  }
}
