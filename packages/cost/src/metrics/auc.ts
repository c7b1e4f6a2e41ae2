import { concat, CostError, noGrad, optionsOf, Variable, type Given } from '@tessera-nn/core';
import { compound } from '@tessera-nn/core/internal';
import type { CostInput } from '../cost.js';
import { answersOf, ignoreOption } from './answers.js';
import type { AnyMetric } from './metric.js';

const options = optionsOf('AUC', ignoreOption);
/** What AUC counts. */
export type AUCOptions = Given<typeof options>;

/**
 * The area under the ROC curve: how likely a sample of a class has a higher score for it than one of another; equal scores
 * count half. Of several classes the mean over those that have samples of both kinds, each against all others; NaN where
 * there are none.
 *
 * It is exact, and so keeps all scores until `reset`. Shapes: outputs `[batch, 1, ...]` for yes or no, or scores
 * `[batch, classes, ...]` that can be compared between samples, such as those of `SoftMax`; labels int32 `[batch, ...]`.
 * Source: scikit-learn's `roc_auc_score` with `multi_class='ovr'`.
 *
 * @example
 * const auc = new AUC();
 * auc.update([[0.1], [0.4], [0.35], [0.8]], [0, 0, 1, 1]);
 * await auc.compute(); // 0.75
 * @throws CostError or ShapeError when output and target do not fit; nothing is counted then.
 */
export class AUC implements AnyMetric<number> {
  static readonly className = 'AUC';
  readonly hostTargets = true;
  readonly ignoreIndex: number | undefined;
  /** Of each batch: scores and labels side by side, `[n, columns + classes]`. */
  readonly #batches: { rows: Variable; columns: number }[] = [];

  constructor(given: AUCOptions = {}) {
    this.ignoreIndex = options.read(given).ignoreIndex;
  }

  update(output: Variable | CostInput, target: CostInput): void {
    let columns = 0;
    const rows = noGrad(() =>
      compound(() => {
        const given = output instanceof Variable ? output : new Variable(output);
        const { scores, labels } = answersOf(given, target, 'AUC', this.ignoreIndex);
        columns = scores.shape[1]!;
        return concat([scores, labels], 1);
      }),
    );
    this.#batches.push({ rows: rows.keep(), columns });
  }

  /** @throws CostError before the first batch, and where batches have different numbers of classes. */
  async compute(): Promise<number> {
    const batches = [...this.#batches];
    const [first] = batches;
    if (!first || batches.some(({ columns }) => columns !== first.columns)) {
      throw new CostError(first ? 'AUC: batches have different numbers of classes' : 'AUC has counted nothing yet', {
        path: 'AUC',
        hint: first ? 'Call reset() between networks' : 'Call update(output, target) first',
      });
    }
    const { columns } = first;
    const width = first.rows.shape[1]!;
    const read = await Promise.all(batches.map(({ rows }) => rows.values()));
    const rows = read.flatMap((values) =>
      Array.from({ length: values.length / width }, (_, i) => values.subarray(i * width, (i + 1) * width)),
    );
    const areas = Array.from({ length: columns }, (_, c) =>
      // The single column of logits speaks for class 1, which is the last one.
      areaOf(
        rows
          .filter(counts)
          .map((row) => ({ score: row[c]!, isOf: row[columns === 1 ? width - 1 : columns + c] === 1 })),
      ),
    ).filter((area) => !Number.isNaN(area));
    return areas.reduce((sum, area) => sum + area, 0) / areas.length;

    function counts(row: ArrayLike<number>): boolean {
      return Array.from(row).slice(columns).includes(1);
    }
  }

  reset(): void {
    for (const { rows } of this.#batches.splice(0)) rows.dispose();
  }

  /** Frees what it holds on the device. */
  dispose(): void {
    this.reset();
  }
}

/** The share of pairs in which the sample of the class has the higher score, by ranks; equal ones share theirs. */
function areaOf(samples: { score: number; isOf: boolean }[]): number {
  const sorted = samples.sort((a, b) => a.score - b.score);
  let [positives, ranks] = [0, 0];
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (to < sorted.length && sorted[to]!.score === sorted[from]!.score) to++;
    const own = sorted.slice(from, to).filter(({ isOf }) => isOf).length;
    positives += own;
    ranks += (own * (from + to + 1)) / 2;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (sorted.length - positives));
}
