import { reshapeTensor, transposeTensor } from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * How a tensor's axes lie in memory. Users only ever see logical shapes; kernels see physical ones.
 *
 * - `logical`: as written.
 * - `channelsLast`: [batch, maps, ...spatial] lies as [batch, ...spatial, maps], what convolutions want.
 * - `filter`: [outMaps, inMaps, height, width] lies as [height, width, inMaps, outMaps].
 */
export type Layout = 'logical' | 'channelsLast' | 'filter';

/** For each physical axis the logical axis it holds. */
export function axisOrder(layout: Layout, rank: number): number[] {
  const logical = Array.from({ length: rank }, (_, axis) => axis);
  if (layout === 'channelsLast' && rank > 2) return [0, ...logical.slice(2), 1];
  if (layout === 'filter') return [...logical.slice(2), 1, 0];
  return logical;
}

/** The shape a kernel sees for a logical shape. */
export function physicalShape(shape: readonly number[], layout: Layout): number[] {
  return axisOrder(layout, shape.length).map((axis) => shape[axis]!);
}

/** The shape users see for a physical one. */
export function logicalShape(shape: readonly number[], layout: Layout): number[] {
  if (layout === 'logical') return [...shape];
  const logical = new Array<number>(shape.length);
  axisOrder(layout, shape.length).forEach((axis, place) => (logical[axis] = shape[place]!));
  return logical;
}

/** An axis counted from the start; one counted from the end is negative. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Where a logical axis lies physically; negative axes count from the end. */
export function channelAxis(axis: number, rank: number, layout: Layout): number {
  return axisOrder(layout, rank).indexOf(fromFront(axis, rank));
}

/** The same values in another layout, as a new tensor; memory is shared where only axes of size 1 change places. */
export function relayout(tensor: Tensor, from: Layout, to: Layout): Tensor {
  const rank = tensor.rank;
  const held = axisOrder(from, rank);
  const permutation = axisOrder(to, rank).map((axis) => held.indexOf(axis));
  const moved = permutation.filter((place) => tensor.shape[place] !== 1);
  const shape = permutation.map((place) => tensor.shape[place]!);
  const inOrder = moved.every((place, i) => i === 0 || moved[i - 1]! < place);
  return inOrder ? reshapeTensor(tensor, shape) : transposeTensor(tensor, permutation);
}

/** Puts values read in physical order into logical order, on the host. */
export function toLogicalOrder<T extends Float32Array | Int32Array | Uint8Array>(
  values: T,
  shape: readonly number[],
  layout: Layout,
): T {
  const order = axisOrder(layout, shape.length);
  if (order.every((axis, place) => axis === place)) return values;
  const result = values.slice() as T;
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const index = sizes.map(() => 0);
  let target = 0;
  for (let source = 0; source < values.length; source++) {
    result[target] = values[source]!;
    for (let place = index.length - 1; place >= 0; place--) {
      target += steps[place]!;
      if (++index[place]! < sizes[place]!) break;
      target -= steps[place]! * sizes[place]!;
      index[place] = 0;
    }
  }
  return result;
}
