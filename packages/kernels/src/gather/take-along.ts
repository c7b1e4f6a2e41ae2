import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { float32 } from '../float32.js';
import { defineKernel, runKernel } from '../kernel.js';
import { reshapeTensor } from '../shape/reshape.js';
import { sizeOf } from '../shapes.js';
import type { Loops } from '../wasm/loops.js';

type Threefold = [outer: number, count: number, inner: number];

const threefold = (shape: readonly number[], axis: number): Threefold => [
  sizeOf(shape.slice(0, axis)),
  shape[axis]!,
  sizeOf(shape.slice(axis + 1)),
];

const take: Loops<Record<'x' | 'indices', Tensor>, object> = ({ values: { x, indices }, inputs, outputs: [y] }) => {
  const [outer, count, inner] = inputs.x.shape as Threefold;
  const some = inputs.indices.shape[1]!;
  for (let o = 0, to = 0; o < outer; o++) {
    for (let k = 0; k < some; k++) {
      for (let i = 0; i < inner; i++, to++) y![to] = x[(o * count + indices[to]!) * inner + i]!;
    }
  }
};

/** In each row along the middle of three axes, the entries that the same row of indices names. */
const takeAlongKernel = defineKernel<Record<'x' | 'indices', Tensor>, object, Tensor>({
  name: 'TakeAlong',
  outputs: ({ x, indices }) => ({ shape: indices.shape, dtype: x.dtype }),
  compose: ({ x, indices }) => {
    const [outer, some, inner] = indices.shape as Threefold;
    const rows = (values: Tensor) => tf.reshape(tf.transpose(values, [0, 2, 1]), [outer * inner, values.shape[1]!]);
    const taken = tf.gather(rows(x), tf.cast(rows(indices), 'int32'), 1, 1);
    return tf.transpose(tf.reshape(taken, [outer, inner, some]), [0, 2, 1]);
  },
  // tfjs's gather on wasm reads every row with the indices of the first.
  loops: take,
  cpu: take,
});

/** In each row along an axis of x the entries that the same row of indices names; both have the other axes. */
export function takeAlongTensor(x: Tensor, indices: Tensor, axis: number): Tensor {
  const inputs = {
    x: reshapeTensor(x, threefold(x.shape, axis)),
    indices: reshapeTensor(indices, threefold(indices.shape, axis)),
  };
  return reshapeTensor(runKernel(takeAlongKernel, inputs, {}), indices.shape);
}

type Scattered = Record<'g' | 'indices', Tensor>;

const scatter: Loops<Scattered, { count: number }> = ({ values: { g, indices }, inputs, outputs: [y] }, { count }) => {
  const [outer, some, inner] = inputs.g.shape as Threefold;
  y!.fill(0);
  for (let o = 0, from = 0; o < outer; o++) {
    for (let k = 0; k < some; k++) {
      for (let i = 0; i < inner; i++, from++) {
        const to = (o * count + indices[from]!) * inner + i;
        y![to] = y![to]! + g[from]!;
      }
    }
  }
};

/** In each row along the middle of three axes, adds the entries of g to those of `count` that the same row names. */
const scatterAlongKernel = defineKernel<Scattered, { count: number }, Tensor>({
  name: 'ScatterAddAlong',
  outputs: ({ g: { shape } }, { count }) => ({ shape: [shape[0], count, shape[2]!] }),
  compose: ({ g, indices }, { count }) => {
    const [outer, some, inner] = g.shape as Threefold;
    const apart = (values: Tensor) => tf.reshape(values, [outer, some, 1, inner]);
    const places = tf.reshape(tf.range(0, count, 1, 'int32'), [1, 1, count, 1]);
    return tf.sum(tf.where(tf.equal(apart(indices), places), apart(float32(g)), 0), 1);
  },
  loops: scatter,
  cpu: scatter,
});

/** The inverse of `takeAlongTensor` in the sense of gradients: what comes back to the shape that was taken from. */
export function scatterAlongTensor(g: Tensor, indices: Tensor, axis: number, shape: readonly number[]): Tensor {
  if (sizeOf(shape) === 0 || g.size === 0) return tf.zeros([...shape]);
  const inputs = {
    g: reshapeTensor(g, threefold(g.shape, axis)),
    indices: reshapeTensor(indices, threefold(g.shape, axis)),
  };
  return reshapeTensor(runKernel(scatterAlongKernel, inputs, { count: shape[axis]! }), shape);
}
