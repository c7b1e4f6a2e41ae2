import { CostError, DtypeError, ShapeError, Variable } from '@tessera-nn/core';
import { readHostData, sameShape, shapeText } from '@tessera-nn/core/internal';
import type { CostInput } from './cost.js';

/** What labels must look like for given scores. */
export interface LabelRule {
  /** The name in messages. */
  path: string;
  /** Labels lie from 0 to classes - 1. */
  classes: number;
  /** One more allowed value, of labels that do not count. */
  ignoreIndex: number | undefined;
  shape: readonly number[];
}

/**
 * Labels as an int32 Variable of the rule's shape; `[batch, 1, ...]` is taken too, as targets of one column come. Values are checked wherever they still lie on the host; those that only exist on a GPU
 * are not read back for it: out of range, they make the loss NaN.
 *
 * @throws CostError naming the first bad label and its place; ShapeError for another shape.
 */
export function readLabels(labels: CostInput, rule: LabelRule): Variable {
  const { path, shape } = rule;
  if (labels instanceof Variable) {
    if (labels.dtype !== 'int32') {
      throw new DtypeError(`${path}: labels have the wrong number type`, {
        path,
        expected: 'int32',
        received: labels.dtype,
        hint: 'Labels are class numbers; probabilities are float32 numbers of the scores’ shape',
      });
    }
    checkShape(labels.shape, rule);
    return labels.rank === shape.length ? labels : labels.reshape(shape);
  }
  if (typeof labels === 'object' && 'dataId' in labels) return readLabels(new Variable(labels), rule);
  // A flat array lies as the scores do; without a further axis its length is a shape that can be compared.
  const flat = ArrayBuffer.isView(labels) && shape.length > 1;
  const given = readHostData(labels, flat ? shape : undefined);
  checkShape(given.shape, rule);
  checkValues(given.values, rule);
  return new Variable(Int32Array.from(given.values), { shape });
}

function checkShape(given: readonly number[], { path, shape }: LabelRule): void {
  const column = given.length === shape.length + 1 && given[1] === 1;
  if (sameShape(column ? [given[0]!, ...given.slice(2)] : given, shape)) return;
  throw new ShapeError(`${path}: labels and scores do not fit each other`, {
    path,
    expected: `labels of ${shapeText(shape)}`,
    received: shapeText(given),
    ...(given.length > shape.length ? { hint: 'Probabilities are of the shape of the scores' } : {}),
  });
}

function checkValues(values: ArrayLike<number>, { path, classes, ignoreIndex }: LabelRule): void {
  for (let i = 0; i < values.length; i++) {
    const label = values[i]!;
    if ((Number.isInteger(label) && label >= 0 && label < classes) || label === ignoreIndex) continue;
    throw new CostError(`${path}: label ${label} at position ${i} names no class`, {
      path,
      expected: `whole numbers from 0 to ${classes - 1}${ignoreIndex === undefined ? '' : ` or ${ignoreIndex}`}`,
      received: String(label),
      hint: `The scores have ${classes} classes on axis 1`,
    });
  }
}
