import { currentBackend, DtypeError, gatherTensor, scatterAddTensor, ShapeError } from '@tessera-nn/kernels';
import { defineOp, type Op } from '../autograd/op.js';
import { checkVariables } from '../variable/new-variable.js';
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
 * the place of that axis: rows of an embedding for words. On webgl, where reading them back would stall the page, indices
 * are not checked: one outside of the axis names zeros, and gets no gradient.
 *
 * Shapes: [..., n, ...] and indices [...i] to [..., ...i, ...]. Source: `torch.index_select` for one axis of indices,
 * `numpy.take`.
 * @throws ShapeError when there is no such axis, and for the first index outside of it.
 * @throws DtypeError when the indices are not int32.
 */
export function gather(x: Variable, indices: Variable, axis = 0): Variable {
  checkVariables([x, indices], 'gather');
  const [at] = normalizeAxes(axis, x.rank) as [number];
  checkIndices('gather', indices, x.shape[at]!);
  return gatherOp({ x, indices }, { axis: at });
}

/** @throws DtypeError for what are not whole numbers. @throws ShapeError for the first outside of an axis of that size. */
export function checkIndices(op: string, indices: Variable, size: number): void {
  if (indices.dtype !== 'int32') {
    throw new DtypeError(`${op}: indices are whole numbers`, {
      expected: 'int32',
      received: indices.dtype,
      hint: "new Variable([0, 2], { dtype: 'int32' })",
    });
  }
  if (currentBackend() === 'webgl') return;
  const values = indices.data.dataSync();
  const outside = values.findIndex((index) => index < 0 || index >= size);
  if (outside < 0) return;
  throw new ShapeError(`${op}: index ${values[outside]!} at position ${outside} lies outside of the axis`, {
    path: op,
    expected: `whole numbers from 0 to ${size - 1}`,
    received: String(values[outside]),
  });
}
