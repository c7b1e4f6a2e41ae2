import { scatterAlongTensor, ShapeError, shapeText, takeAlongTensor } from '@tessera-nn/kernels';
import { defineOp, type Op } from '../autograd/op.js';
import { checkVariables } from '../variable/new-variable.js';
import type { Variable } from '../variable/variable.js';
import { broadcastShape } from './broadcast.js';
import { checkIndices } from './gather.js';
import { broadcastTo, normalizeAxes } from './reduce.js';

interface ScatterAttrs {
  axis: number;
  shape: readonly number[];
}

const takeOp: Op<'x' | 'indices', { axis: number }> = defineOp({
  name: 'takeAlongAxis',
  inputs: ['x', 'indices'],
  saves: ['indices'],
  layout: 'logical',
  forward: ({ x, indices }, { axis }: { axis: number }) => takeAlongTensor(x, indices, axis),
  gradients: (g, { indices }, { axis }, { x }) => ({
    x: () => scatterOp({ g, indices }, { axis, shape: x }),
    indices: null,
  }),
});

const scatterOp: Op<'g' | 'indices', ScatterAttrs> = defineOp({
  name: 'scatterAddAlong',
  inputs: ['g', 'indices'],
  saves: ['indices'],
  layout: 'logical',
  forward: ({ g, indices }, { axis, shape }: ScatterAttrs) => scatterAlongTensor(g, indices, axis, shape),
  gradients: (h, { indices }, { axis }) => ({ g: () => takeOp({ x: h, indices }, { axis }), indices: null }),
});

/**
 * In each row along an axis, the entries that the same row of indices names: the scores of the right classes, what `argMax`
 * found. The other axes of both are broadcast. Indices are checked as in `gather`.
 *
 * Shapes: [..., n, ...] and indices [..., k, ...] to [..., k, ...]. Source: `torch.take_along_dim`, `torch.gather`.
 * @throws ShapeError when there is no such axis, the other axes do not fit, and for the first index outside of the axis.
 * @throws DtypeError when the indices are not int32.
 */
export function takeAlongAxis(x: Variable, indices: Variable, axis: number): Variable {
  checkVariables([x, indices], 'takeAlongAxis');
  const [at] = normalizeAxes(axis, x.rank) as [number];
  const others = [x, indices].map(({ shape }) => shape.map((size, i) => (i === at ? 1 : size))) as [number[], number[]];
  const shape = broadcastShape(...others);
  const fit = x.rank === indices.rank && others.every((one) => one.every((size, i) => size === 1 || size === shape[i]));
  if (!fit) {
    throw new ShapeError('takeAlongAxis: the axes that nothing is taken along do not fit', {
      path: 'takeAlongAxis',
      expected: `as many axes, of equal sizes or 1 but for axis ${at}`,
      received: `${shapeText(x.shape)} and indices ${shapeText(indices.shape)}`,
    });
  }
  checkIndices('takeAlongAxis', indices, x.shape[at]!);
  const wide = ({ shape: own }: Variable) => shape.map((size, i) => (i === at ? own[at]! : size));
  return takeOp({ x: broadcastTo(x, wide(x)), indices: broadcastTo(indices, wide(indices)) }, { axis: at });
}
