import { argmax, greater, oneHot, option, ShapeError, where, ones, zeros, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import type { CostInput } from '../cost.js';
import { readLabels } from '../labels.js';

/** The option of metrics that leave labels out. */
export const ignoreOption = {
  /** Labels of this value do not count. Default: there is none. */
  ignoreIndex: option.whole.optional,
};

/** Answers and labels of a batch, one to a row and 1 in the column of the class; labels that do not count have none. */
export interface Answers {
  readonly answers: Variable;
  readonly labels: Variable;
  /** Scores in rows `[n, classes]`. */
  readonly scores: Variable;
}

/**
 * Reads scores `[batch, classes, ...]`, whose largest is the answer, and labels; of a single column of logits the answer is
 * 1 above 0, else 0.
 *
 * @throws ShapeError for outputs without classes; CostError for labels that name none.
 */
export function answersOf(output: Variable, target: CostInput, path: string, ignoreIndex?: number): Answers {
  const { rank, shape } = output;
  if (rank < 2) {
    throw new ShapeError(`${path}: outputs ${shapeText(shape)} have no axis of classes`, {
      path,
      expected: '[batch, classes, ...]',
      received: shapeText(shape),
    });
  }
  const isBinary = shape[1] === 1;
  const classes = isBinary ? 2 : shape[1]!;
  const labels = readLabels(target, { path, classes, ignoreIndex, shape: [shape[0]!, ...shape.slice(2)] });
  const scores = output.transpose([0, ...shape.slice(2).map((_, i) => i + 2), 1]).reshape([-1, shape[1]!]);
  const answer = isBinary ? where(greater(scores, 0), ones([1]), zeros([1])).reshape([-1]) : argmax(scores, 1);
  return { answers: oneHot(answer, classes), labels: oneHot(labels.reshape([-1]), classes), scores };
}
