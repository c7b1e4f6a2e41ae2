import { checkVariableList } from '../variable/new-variable.js';
import { ShapeError, shapeText, stackTensors } from '@tessera-nn/kernels';
import { defineListOp } from '../autograd/list-op.js';
import type { Variable } from '../variable/variable.js';
import { reshape, slice } from './shape.js';

const stackOp = defineListOp({
  name: 'stack',
  layout: 'logical',
  forward: (tensors) => stackTensors(tensors),
  gradients: ([g], { inputShapes }) =>
    inputShapes.map((shape, i) => () => reshape(slice(g!, [i, ...shape.map(() => 0)], [1, ...shape]), shape)),
});

/**
 * Variables of one shape one after another along a new first axis: n times `shape` to `[n, ...shape]`.
 *
 * @throws ShapeError when there are none, or their shapes differ.
 */
export function stack(variables: readonly Variable[]): Variable {
  checkVariableList(variables, 'stack');
  const shapes = [...new Set(variables.map(({ shape }) => shapeText(shape)))];
  if (shapes.length === 1) return stackOp(variables);
  throw new ShapeError('stack takes one or more Variables of one shape', {
    expected: shapes[0] ?? 'at least one Variable',
    received: shapes.slice(1).join(' and ') || 'none',
  });
}
