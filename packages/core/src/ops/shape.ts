import { pad as padTensor, slice as sliceTensor, type Tensor } from '@tensorflow/tfjs-core';
import { reshapeTensor, sameShape, ShapeError, shapeText, sizeOf, transposeTensor } from '@tessera-nn/kernels';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';

const reshapeOp = defineOp<{ shape: readonly number[] }, Tensor>({
  name: 'reshape',
  layout: 'logical',
  forward: (_, [x], { shape }) => reshapeTensor(x!, shape),
  backward: ({ inputShapes }, [g]) => [reshape(g!, inputShapes[0]!)],
});

/** The same values in another shape; one size may be -1 and is computed. */
export function reshape(x: Variable, shape: readonly number[]): Variable {
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
  return reshapeOp([x], { shape: full });
}

const transposeOp = defineOp<{ order: readonly number[] }, Tensor>({
  name: 'transpose',
  layout: 'logical',
  forward: (_, [x], { order }) => transposeTensor(x!, order),
  backward: ({ attrs: { order } }, [g]) => [
    transpose(
      g!,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
});

/** Axes in another order; reversed when no order is given. */
export function transpose(x: Variable, order?: readonly number[]): Variable {
  const axes = x.shape.map((_, axis) => axis);
  const chosen = order ? order.map((axis) => (axis < 0 ? axis + axes.length : axis)) : axes.reverse();
  if (chosen.length !== axes.length || [...chosen].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    throw new ShapeError('A transpose names every axis once', {
      expected: `${axes.length} axes`,
      received: `[${chosen.join(', ')}]`,
    });
  }
  return transposeOp([x], { order: chosen });
}

const sliceOp = defineOp<{ begin: readonly number[]; size: readonly number[] }, Tensor>({
  name: 'slice',
  layout: 'logical',
  forward: (_, [x], { begin, size }) => sliceTensor(x!, [...begin], [...size]),
  backward: ({ attrs: { begin, size }, inputShapes }, [g]) => [
    pad(
      g!,
      begin.map((from, axis) => [from, inputShapes[0]![axis]! - from - size[axis]!]),
    ),
  ],
});

/** A block: `size[axis]` entries from `begin[axis]`; a size of -1 reaches to the end. */
export function slice(x: Variable, begin: readonly number[], size: readonly number[]): Variable {
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
  return sliceOp([x], { begin, size: full });
}

const padOp = defineOp<{ paddings: readonly (readonly number[])[] }, Tensor>({
  name: 'pad',
  layout: 'logical',
  forward: (_, [x], { paddings }) => padTensor(x!, paddings as [number, number][]),
  backward: ({ attrs: { paddings }, inputShapes }, [g]) => [
    slice(
      g!,
      paddings.map(([before]) => before!),
      inputShapes[0]!,
    ),
  ],
});

/** Zeros around: `[before, after]` for each axis. */
export function pad(x: Variable, paddings: readonly (readonly number[])[]): Variable {
  return padOp([x], { paddings });
}
