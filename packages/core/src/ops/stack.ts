import { ShapeError, shapeText } from '@tessera-nn/kernels';
import { stack as stackTensors, type Tensor } from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { reshape, slice } from './shape.js';

const stackOp = defineOp<object, Tensor>({
  name: 'stack',
  layout: 'logical',
  forward: (_, tensors) => stackTensors(tensors),
  backward: ({ inputShapes, needsGrad }, [g]) =>
    inputShapes.map((shape, i) =>
      needsGrad[i] ? reshape(slice(g!, [i, ...shape.map(() => 0)], [1, ...shape]), shape) : null,
    ),
});

/**
 * Variables of one shape one after another along a new first axis: n times `shape` to `[n, ...shape]`.
 *
 * @throws ShapeError when there are none, or their shapes differ.
 */
export function stack(variables: readonly Variable[]): Variable {
  const shapes = [...new Set(variables.map(({ shape }) => shapeText(shape)))];
  if (shapes.length === 1) return stackOp(variables);
  throw new ShapeError('stack takes one or more Variables of one shape', {
    expected: shapes[0] ?? 'at least one Variable',
    received: shapes.slice(1).join(' and ') || 'none',
  });
}
