import { checkVariables } from '../variable/new-variable.js';
import {
  padTensor,
  reshapeTensor,
  sameShape,
  ShapeError,
  shapeText,
  sizeOf,
  sliceTensor,
  transposeTensor,
} from '@tessera-nn/kernels';
import { checkNumbers } from '@tessera-nn/kernels/internal';
import { defineOp } from '../autograd/op.js';
import { axisOrder, fromFront, physicalShape } from '../layout.js';
import type { Variable } from '../variable/variable.js';

interface ReshapeAttrs {
  shape: readonly number[];
  /** Whether batch and maps stay what they are, and only what lies behind them has another shape: that holds in any layout. */
  behindMaps: boolean;
}

const reshapeOp = defineOp({
  name: 'reshape',
  inputs: ['x'],
  layout: ({ behindMaps }: ReshapeAttrs) => (behindMaps ? 'any' : 'logical'),
  forward: ({ x }, { shape }: ReshapeAttrs, { layout }) => reshapeTensor(x, physicalShape(shape, layout)),
  gradients: (g, _saved, _attrs, { x }) => ({ x: () => reshape(g, x) }),
});

/** The same values in another shape; one size may be -1 and is computed. */
export function reshape(x: Variable, shape: readonly number[]): Variable {
  checkVariables([x], 'reshape');
  checkNumbers(shape, 'reshape', 'a shape');
  const size = sizeOf(x.shape);
  const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const full = shape.map((length) => (length === -1 ? size / known : length));
  if (sizeOf(full) !== size || full.some((n) => !Number.isInteger(n))) {
    throw new ShapeError('A reshape keeps the count of elements', {
      expected: `${size} elements, as in ${shapeText(x.shape)}`,
      received: shapeText(shape),
    });
  }
  if (sameShape(full, x.shape)) return x.alias();
  const behindMaps = full.length > 2 && x.rank > 2 && full[0] === x.shape[0] && full[1] === x.shape[1];
  return reshapeOp({ x }, { shape: full, behindMaps });
}

const transposeOp = defineOp({
  name: 'transpose',
  inputs: ['x'],
  layout: 'logical',
  forward: ({ x }, { order }: { order: readonly number[] }) => transposeTensor(x, order),
  gradients: (g, _saved, { order }) => {
    const back = order.map((_, axis) => order.indexOf(axis));
    return { x: () => transpose(g, back) };
  },
});

/** Axes in another order; reversed when no order is given. */
export function transpose(x: Variable, order?: readonly number[]): Variable {
  checkVariables([x], 'transpose');
  if (order) checkNumbers(order, 'transpose', 'the axes in their new order');
  const axes = x.shape.map((_, axis) => axis);
  const chosen = order ? order.map((axis) => fromFront(axis, axes.length)) : axes.reverse();
  if (chosen.length !== axes.length || [...chosen].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    throw new ShapeError('A transpose names every axis once', {
      expected: `${axes.length} axes`,
      received: `[${chosen.join(', ')}]`,
    });
  }
  return transposeOp({ x }, { order: chosen });
}

interface Block {
  begin: readonly number[];
  size: readonly number[];
}

const sliceOp = defineOp({
  name: 'slice',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, { begin, size }: Block, { layout }) =>
    sliceTensor(x, physicalShape(begin, layout), physicalShape(size, layout)),
  gradients: (g, _saved, { begin, size }, { x }) => {
    const around = x.map((length, axis) => [begin[axis]!, length - begin[axis]! - size[axis]!]);
    return { x: () => surround(g, around) };
  },
});

/** A block: `size[axis]` entries from `begin[axis]`; a size of -1 reaches to the end. */
export function slice(x: Variable, begin: readonly number[], size: readonly number[]): Variable {
  checkVariables([x], 'slice');
  checkNumbers(begin, 'slice', 'a begin and a size for each axis');
  checkNumbers(size, 'slice', 'a begin and a size for each axis');
  const full = x.shape.map((length, axis) => (size[axis] === -1 ? length - begin[axis]! : size[axis]!));
  const fits = x.shape.every(
    (length, axis) => begin[axis]! >= 0 && full[axis]! >= 0 && begin[axis]! + full[axis]! <= length,
  );
  const whole = [...begin, ...size].every(Number.isInteger);
  if (begin.length !== x.shape.length || size.length !== x.shape.length || !fits || !whole) {
    throw new ShapeError('A slice lies inside its source', {
      expected: `a begin and a size for each axis of ${shapeText(x.shape)}`,
      received: `begin [${begin.join(', ')}], size [${size.join(', ')}]`,
    });
  }
  return sliceOp({ x }, { begin, size: full });
}

const padOp = defineOp({
  name: 'pad',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, { paddings, value }: { paddings: Paddings; value: number }, { layout }) =>
    padTensor(
      x,
      axisOrder(layout, paddings.length).map((axis) => paddings[axis]!),
      value,
    ),
  gradients: (g, _saved, { paddings }, { x }) => {
    const begin = paddings.map(([before]) => before!);
    return { x: () => slice(g, begin, x) };
  },
});

/** `[before, after]` for each axis. */
export type Paddings = readonly (readonly number[])[];

/** A number around, zeros unless another is given. */
export const surround = (x: Variable, paddings: Paddings, value = 0): Variable => padOp({ x }, { paddings, value });
