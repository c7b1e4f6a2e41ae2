import { DtypeError, gatherTensor, scatterAddTensor } from '@tessera-nn/kernels';
import { defineOp, type Op } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { normalizeAxes } from './reduce.js';

interface ScatterAttrs {
  axis: number;
  shape: readonly number[];
}

const gatherOp: Op<'x' | 'indices', { axis: number }> = defineOp({
  name: 'gather',
  inputs: ['x', 'indices'],
  saves: ['indices'],
  layout: 'logical',
  forward: ({ x, indices }, { axis }: { axis: number }) => gatherTensor(x, indices, axis),
  gradients: (g, { indices }, { axis }, { x }) => ({
    x: () => scatterOp({ g, indices }, { axis, shape: x }),
    indices: null,
  }),
});

const scatterOp: Op<'g' | 'indices', ScatterAttrs> = defineOp({
  name: 'scatterAdd',
  inputs: ['g', 'indices'],
  saves: ['indices'],
  layout: 'logical',
  forward: ({ g, indices }, { axis, shape }: ScatterAttrs) => scatterAddTensor(g, indices, axis, shape),
  gradients: (h, { indices }, { axis }) => ({ g: () => gatherOp({ x: h, indices }, { axis }), indices: null }),
});

/**
 * The entries along an axis that whole numbers from 0 name, each as often as it is named; the axes of the indices take
 * the place of that axis: rows of an embedding for words. Indices are not checked against the size of the axis.
 *
 * Shapes: [..., n, ...] and indices [...i] to [..., ...i, ...]. Source: `torch.index_select` for one axis of indices,
 * `numpy.take`.
 * @throws ShapeError when there is no such axis.
 * @throws DtypeError when the indices are not int32.
 */
export function gather(x: Variable, indices: Variable, axis = 0): Variable {
  if (indices.dtype !== 'int32') {
    throw new DtypeError('gather: indices are whole numbers', {
      expected: 'int32',
      received: indices.dtype,
      hint: "new Variable([0, 2], { dtype: 'int32' })",
    });
  }
  return gatherOp({ x, indices }, { axis: normalizeAxes(axis, x.rank)[0]! });
}
