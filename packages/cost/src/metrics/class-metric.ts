import { option, optionsOf, type Given, type Variable } from '@tessera-nn/core';
import type { CostInput } from '../cost.js';
import { ignoreOption } from './answers.js';
import { confusion } from './confusion-matrix.js';
import { Metric } from './metric.js';

/** The options of metrics that have a number for each class. */
export const classMetricOptions = {
  /**
   * How the numbers of the classes become one: their mean (`macro`), that of all counts together (`micro`), or their mean
   * weighted by how often each class is right (`weighted`). Default `macro`.
   */
  average: option.oneOf('macro', 'micro', 'weighted').or('macro'),
  /** The number of a class of which there is nothing to count. Default 0, as in scikit-learn; PuzzleLib takes 1. */
  empty: option.number.or(0),
  ...ignoreOption,
};

const options = optionsOf('ClassMetric', classMetricOptions);
/** How a metric of classes counts. */
export type ClassMetricOptions = Given<typeof options>;

/** How often a class was right and answered, was answered at all, and was right at all. */
export interface ClassCounts {
  readonly both: number;
  readonly answered: number;
  readonly right: number;
}

/** A number for each class, from the confusion matrix, and one for all. */
export abstract class ClassMetric extends Metric {
  readonly average: 'macro' | 'micro' | 'weighted';
  readonly empty: number;
  readonly ignoreIndex: number | undefined;
  #classes: ClassCounts[] = [];

  constructor(given: ClassMetricOptions = {}) {
    super();
    const { average, empty, ignoreIndex } = options.read(given, new.target.className);
    this.average = average;
    this.empty = empty;
    this.ignoreIndex = ignoreIndex;
  }

  /** The number of a class; NaN where there is nothing to count. */
  protected abstract ofClass(counts: ClassCounts): number;

  /** The number of each class. @throws CostError before the first batch. */
  async perClass(): Promise<number[]> {
    await this.compute();
    return this.#classes.map((counts) => this.#numberOf(counts));
  }

  protected override count(output: Variable, target: CostInput): Variable {
    return confusion(output, target, this.className, this.ignoreIndex);
  }

  protected override value(matrix: Float32Array, [classes]: readonly [number, number]): number {
    const sum = (places: (i: number) => number) =>
      Array.from({ length: classes }, (_, i) => matrix[places(i)]!).reduce((total, count) => total + count, 0);
    this.#classes = Array.from({ length: classes }, (_, c) => ({
      both: matrix[c * classes + c]!,
      answered: sum((row) => row * classes + c),
      right: sum((column) => c * classes + column),
    }));
    const all = this.#classes.reduce((total, counts) => ({
      both: total.both + counts.both,
      answered: total.answered + counts.answered,
      right: total.right + counts.right,
    }));
    if (this.average === 'micro') return this.#numberOf(all);
    const share = ({ right }: ClassCounts) => (this.average === 'macro' ? 1 / classes : right / all.right);
    return this.#classes.reduce((total, counts) => total + share(counts) * this.#numberOf(counts), 0);
  }

  #numberOf(counts: ClassCounts): number {
    const number = this.ofClass(counts);
    return Number.isNaN(number) ? this.empty : number;
  }
}
