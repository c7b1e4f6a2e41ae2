import { broadcastTo, concat, fill, pad, reverse, slice, split, tile, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { sameShape, sizeOf } from '../shapes.js';
import { isFloat32 } from '../float32.js';
import { repeatFloats } from './repeat.js';
import { reshapeTensor } from './reshape.js';

/**
 * What moves elements, for tensors of any rank. tfjs knows so many axes on every backend: its WebGL pads and selects in
 * four, its WASM reads six and leaves unwritten what lies beyond. Here neighbouring axes that are handled alike become
 * one before they reach it, and where nothing is moved nothing runs.
 */
export const STOCK_RANK = 4;

type Sizes = readonly number[];

/** How many elements lie before and behind each step along an axis. */
const around = (shape: Sizes, axis: number) => ({
  outer: sizeOf(shape.slice(0, axis)),
  inner: sizeOf(shape.slice(axis + 1)),
});

const resized = (shape: Sizes, axis: number, size: number): number[] => shape.map((n, at) => (at === axis ? size : n));

/** As a matrix whose rows hold what lies along that axis, with everything behind it. */
function rowsAlong(x: Tensor, axis: number): Tensor {
  const { outer, inner } = around(x.shape, axis);
  return reshapeTensor(x, [outer, x.shape[axis]! * inner]);
}

const nothing = (shape: Sizes, { dtype }: Tensor): Tensor => zeros([...shape], dtype);

/** Runs a function of each element, flat where the rank is more than tfjs selects in. */
export function flatly(tensors: readonly Tensor[], work: (...flat: Tensor[]) => Tensor): Tensor {
  const { shape, rank, size } = tensors[0]!;
  if (rank <= STOCK_RANK) return work(...tensors);
  return reshapeTensor(work(...tensors.map((tensor) => reshapeTensor(tensor, [size]))), shape);
}

/** A block: `size[axis]` entries from `begin[axis]`. */
export function sliceTensor(x: Tensor, begin: Sizes, size: Sizes): Tensor {
  if (sameShape(size, x.shape)) return x;
  if (sizeOf(size) === 0) return nothing(size, x);
  if (x.rank <= STOCK_RANK) return slice(x, [...begin], [...size]);
  return x.shape.reduce((cut, length, axis) => {
    if (size[axis] === length) return cut;
    const { outer, inner } = around(cut.shape, axis);
    const rows = slice(rowsAlong(cut, axis), [0, begin[axis]! * inner], [outer, size[axis]! * inner]);
    return reshapeTensor(rows, resized(cut.shape, axis, size[axis]!));
  }, x);
}

/** A number around, zeros unless another is given: `[before, after]` for each axis. */
export function padTensor(x: Tensor, paddings: readonly Sizes[], value = 0): Tensor {
  const shape = x.shape.map((length, axis) => length + paddings[axis]![0]! + paddings[axis]![1]!);
  if (sameShape(shape, x.shape)) return x;
  if (x.size === 0) return reshapeTensor(fill([sizeOf(shape)], value, x.dtype as 'float32'), shape);
  if (x.rank <= STOCK_RANK) return pad(x, paddings as [number, number][], value);
  return paddings.reduce<Tensor>((padded, [before, after], axis) => {
    if (shape[axis] === padded.shape[axis]) return padded;
    const { inner } = around(padded.shape, axis);
    const edges: [number, number][] = [
      [0, 0],
      [before! * inner, after! * inner],
    ];
    const rows = pad(rowsAlong(padded, axis), edges, value);
    return reshapeTensor(rows, resized(padded.shape, axis, shape[axis]!));
  }, x);
}

/** Tensors one behind the other along an axis. */
export function concatTensors(tensors: readonly Tensor[], axis: number): Tensor {
  const filled = tensors.filter(({ size }) => size > 0);
  const length = tensors.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const shape = resized(tensors[0]!.shape, axis, length);
  if (filled.length === 0) return nothing(shape, tensors[0]!);
  if (filled.length === 1) return filled[0]!;
  if (shape.length <= STOCK_RANK) return concat(filled, axis);
  const rows = filled.map((tensor) => rowsAlong(tensor, axis));
  return reshapeTensor(concat(rows, 1), shape);
}

/** Tensors of one shape along a new first axis. */
export function stackTensors(tensors: readonly Tensor[]): Tensor {
  const [{ shape, size }] = tensors as [Tensor];
  const rows = tensors.map((tensor) => reshapeTensor(tensor, [1, size]));
  return reshapeTensor(concatTensors(rows, 0), [tensors.length, ...shape]);
}

/** A tensor cut into pieces of these sizes along an axis. */
export function splitTensor(x: Tensor, sizes: Sizes, axis: number): Tensor[] {
  if (x.size === 0) return sizes.map((size) => nothing(resized(x.shape, axis, size), x));
  if (x.rank <= STOCK_RANK && !sizes.includes(0)) return split(x, [...sizes], axis);
  const begin = x.shape.map(() => 0);
  return sizes.map((size) => {
    const part = sliceTensor(x, begin, resized(x.shape, axis, size));
    begin[axis]! += size;
    return part;
  });
}

/** Backwards along an axis. */
export function flipTensor(x: Tensor, axis: number): Tensor {
  if (x.size === 0) return x;
  const { outer, inner } = around(x.shape, axis);
  return reshapeTensor(reverse(reshapeTensor(x, [outer, x.shape[axis]!, inner]), 1), x.shape);
}

/** Repeats axes of size 1, and puts new ones in front, until the shape is reached. */
export function repeatTensor(x: Tensor, shape: Sizes): Tensor {
  if (sizeOf(shape) === 0) return nothing(shape, x);
  if (shape.length <= STOCK_RANK) return isFloat32(x) ? repeatFloats(x, shape) : broadcastTo(x, [...shape]);
  const start = reshapeTensor(x, [...new Array<number>(shape.length - x.rank).fill(1), ...x.shape]);
  return shape.reduce((wide, size, axis) => {
    if (size === wide.shape[axis]) return wide;
    const { outer, inner } = around(wide.shape, axis);
    return reshapeTensor(tile(reshapeTensor(wide, [outer, 1, inner]), [1, size, 1]), resized(wide.shape, axis, size));
  }, start);
}
