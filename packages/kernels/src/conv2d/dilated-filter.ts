import { concat, reshape, slice, stridedSlice, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { imageShape } from '../shapes.js';

/**
 * The filter with its zeros written out, [d (k - 1) + 1, ...]: tfjs's gradients of convolution know no dilation, and a
 * dilated filter is a larger one that is 0 between its taps.
 */
export function dilateFilter(filter: Tensor, [dh, dw]: readonly [number, number]): Tensor {
  return spread(spread(filter, 0, dh), 1, dw);
}

/** The inverse: the taps out of a filter with zeros in between. */
export function takeTaps(filter: Tensor, [dh, dw]: readonly [number, number]): Tensor {
  if (dh === 1 && dw === 1) return filter;
  const [h, w, c, o] = imageShape(filter.shape);
  return stridedSlice(filter, [0, 0, 0, 0], [h, w, c, o], [dh, dw, 1, 1]);
}

function spread(filter: Tensor, axis: 0 | 1, dilation: number): Tensor {
  if (dilation === 1) return filter;
  const shape = [...filter.shape];
  const size = shape[axis]!;
  // [.., k, 1, ..] next to zeros [.., k, d - 1, ..], folded into [.., k d, ..]; the zeros behind the last tap go.
  const column = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const gap = [...shape.slice(0, axis + 1), dilation - 1, ...shape.slice(axis + 1)];
  const wide = concat([reshape(filter, column), zeros(gap)], axis + 1);
  shape[axis] = size * dilation;
  const folded = reshape(wide, shape);
  shape[axis] = (size - 1) * dilation + 1;
  return slice(folded, [0, 0, 0, 0], shape);
}
