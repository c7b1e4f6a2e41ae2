import { CostError, DtypeError, ShapeError, Variable } from '@tessera-nn/core';
import { readHostData } from '@tessera-nn/core/internal';
import type { CostInput } from '../cost.js';

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
 * Labels as an int32 Variable. Values are checked wherever they still lie on the host; those that only exist on a GPU
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
        hint: 'Labels are class numbers; one-hot targets are not taken',
      });
    }
    checkShape(labels.shape, rule);
    return labels;
  }
  if (typeof labels === 'object' && 'dataId' in labels) return readLabels(new Variable(labels), rule);
  const values = ArrayBuffer.isView(labels)
    ? { values: labels as Int32Array, shape: rule.shape.length === 1 ? [(labels as Int32Array).length] : shape }
    : readHostData(labels, undefined, 'float32');
  checkShape(values.shape, rule);
  checkValues(values.values, rule);
  return new Variable(Int32Array.from(values.values), { shape });
}

function checkShape(given: readonly number[], { path, shape }: LabelRule): void {
  if (given.join() === shape.join()) return;
  const looksOneHot = given.length === shape.length + 1;
  throw new ShapeError(`${path}: labels and scores do not fit each other`, {
    path,
    expected: `labels of [${shape.join(', ')}]`,
    received: `[${given.join(', ')}]`,
    ...(looksOneHot ? { hint: 'Give class numbers, not one-hot rows' } : {}),
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
