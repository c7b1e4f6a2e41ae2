import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { float32 } from '../float32.js';
import { defineKernel, runKernel } from '../kernel.js';
import { reshapeTensor } from '../shape/reshape.js';
import { sizeOf } from '../shapes.js';
import type { Loops } from '../wasm/loops.js';

const middleOf = (shape: readonly number[], axis: number): [outer: number, count: number, inner: number] => [
  sizeOf(shape.slice(0, axis)),
  shape[axis]!,
  sizeOf(shape.slice(axis + 1)),
];

/** The entries of x along an axis that indices name, in place of that axis. */
export function gatherTensor(x: Tensor, indices: Tensor, axis: number): Tensor {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  if (sizeOf(shape) === 0) return tf.zeros(shape, x.dtype);
  const rows = reshapeTensor(x, middleOf(x.shape, axis));
  return reshapeTensor(tf.gather(rows, tf.cast(reshapeTensor(indices, [indices.size]), 'int32'), 1), shape);
}

type Scattered = Record<'g' | 'indices', Tensor>;

const loops: Loops<Scattered, { count: number }> = ({ values: { g, indices }, inputs, outputs: [y] }, { count }) => {
  const [outer, , inner] = inputs.g.shape as [number, number, number];
  y!.fill(0);
  for (let o = 0, from = 0; o < outer; o++) {
    for (let i = 0; i < indices.length; i++, from += inner) {
      const to = (o * count + indices[i]!) * inner;
      for (let k = 0; k < inner; k++) y![to + k] = y![to + k]! + g[from + k]!;
    }
  }
};

/** Adds the entries of g along the middle of three axes to those of `count` that the indices name. */
const scatterAddKernel = defineKernel<Scattered, { count: number }, Tensor>({
  name: 'ScatterAdd',
  outputs: ({ g: { shape } }, { count }) => ({ shape: [shape[0], count, shape[2]!] }),
  compose: ({ g, indices }, { count }) => {
    const [outer, some, inner] = g.shape as [number, number, number];
    if (g.size === 0) return tf.zeros([outer, count, inner]);
    const columns = tf.reshape(tf.cast(indices, 'int32'), [1, some]);
    const hits = tf.cast(tf.equal(tf.reshape(tf.range(0, count, 1, 'int32'), [count, 1]), columns), 'float32');
    const rows = tf.reshape(tf.transpose(float32(g), [1, 0, 2]), [some, outer * inner]);
    return tf.transpose(tf.reshape(tf.matMul(hits, rows), [count, outer, inner]), [1, 0, 2]);
  },
  loops,
  cpu: loops,
});

/** The inverse of `gatherTensor` in the sense of gradients: what comes back to the shape that was gathered from. */
export function scatterAddTensor(g: Tensor, indices: Tensor, axis: number, shape: readonly number[]): Tensor {
  const [outer, count, inner] = middleOf(shape, axis);
  if (sizeOf(shape) === 0) return tf.zeros([...shape]);
  const inputs = { g: reshapeTensor(g, [outer, indices.size, inner]), indices: reshapeTensor(indices, [indices.size]) };
  return reshapeTensor(runKernel(scatterAddKernel, inputs, { count }), shape);
}
