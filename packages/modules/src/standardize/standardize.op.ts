import { affine, defineOp, mean, mul, reshape, sub, sum, type Op, type Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { defineKernel, runKernel, type Loops } from '@tessera-nn/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What is brought to mean 0 and variance 1 by itself: so many rows of as many values, one behind the other. */
interface Attrs {
  rows: number;
  /** Whether the mean is taken away; else only the mean square becomes 1. */
  centred: boolean;
  epsilon: number;
  /** Whether x is a batch of images, whose rows are groups of maps; it stays in the order of the kernels then. */
  images: boolean;
}

/** The tensor as [a, b, c, d], of which b and d make up the rows. */
function viewOf(shape: readonly number[], { rows, images }: Attrs): [a: number, b: number, c: number, d: number] {
  if (!images) return [rows, 1, 1, sizeOf(shape) / rows];
  const [batch, height, width, maps] = shape as [number, number, number, number];
  return [batch, height * width, rows / batch, maps / (rows / batch)];
}

const standardized: Loops<{ x: Tensor }, Attrs> = ({ values: { x }, inputs, outputs: [y, inverse] }, attrs) => {
  const [a, b, c, d] = viewOf(inputs.x.shape, attrs);
  const [means, squares, count] = [new Float64Array(c), new Float64Array(c), b * d];
  for (let part = 0; part < a; part++) {
    const start = part * b * c * d;
    const end = start + b * c * d;
    means.fill(0);
    squares.fill(0);
    if (attrs.centred) {
      for (let at = start; at < end;)
        for (let row = 0; row < c; row++) for (const stop = at + d; at < stop; at++) means[row]! += x[at]! / count;
    }
    for (let at = start; at < end;)
      for (let row = 0; row < c; row++)
        for (const stop = at + d; at < stop; at++) squares[row]! += (x[at]! - means[row]!) ** 2;
    for (let row = 0; row < c; row++)
      inverse![part * c + row] = squares[row] = 1 / Math.sqrt(squares[row]! / count + attrs.epsilon);
    for (let at = start; at < end;)
      for (let row = 0; row < c; row++)
        for (const stop = at + d; at < stop; at++) y![at] = (x[at]! - means[row]!) * squares[row]!;
  }
};

/** y = (x - mean) / sqrt(variance + epsilon) for each row, and what it was multiplied by. */
const standardizeKernel = defineKernel<{ x: Tensor }, Attrs, Tensor[]>({
  name: 'Standardize',
  outputs: ({ x }, { rows }) => [{ shape: x.shape }, { shape: [rows] }],
  compose: ({ x }, attrs) => {
    const rows = tf.reshape(x, viewOf(x.shape, attrs));
    const first = attrs.centred ? tf.sub(rows, tf.mean(rows, [1, 3], true)) : rows;
    // The mean is rounded, and would add the square of that to the variance.
    const deviation = attrs.centred ? tf.sub(first, tf.mean(first, [1, 3], true)) : first;
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(deviation), [1, 3], true), attrs.epsilon));
    return [tf.reshape(tf.mul(deviation, inverse), x.shape), tf.reshape(inverse, [attrs.rows])];
  },
  cpu: standardized,
  loops: standardized,
});

const differentiated: Loops<{ y: Tensor; inverse: Tensor; g: Tensor }, Attrs> = (
  { values: { y, inverse, g }, inputs, outputs: [dx] },
  attrs,
) => {
  const [a, b, c, d] = viewOf(inputs.y.shape, attrs);
  const [means, products, count] = [new Float64Array(c), new Float64Array(c), b * d];
  for (let part = 0; part < a; part++) {
    const start = part * b * c * d;
    const end = start + b * c * d;
    means.fill(0);
    products.fill(0);
    for (let at = start; at < end;)
      for (let row = 0; row < c; row++)
        for (const stop = at + d; at < stop; at++) {
          means[row]! += g[at]! / count;
          products[row]! += (g[at]! * y[at]!) / count;
        }
    if (!attrs.centred) means.fill(0);
    for (let at = start; at < end;)
      for (let row = 0; row < c; row++)
        for (const stop = at + d; at < stop; at++)
          dx![at] = inverse[part * c + row]! * (g[at]! - means[row]! - y[at]! * products[row]!);
  }
};

/** dx = inverse (g - mean g - y mean(g y)) for each row; without the mean of g where x is not centred. */
const standardizeGradientKernel = defineKernel<{ y: Tensor; inverse: Tensor; g: Tensor }, Attrs, Tensor>({
  name: 'StandardizeGradient',
  outputs: ({ y }) => ({ shape: y.shape }),
  compose: ({ y, inverse, g }, attrs) => {
    const view = viewOf(y.shape, attrs);
    const [values, grads] = [tf.reshape(y, view), tf.reshape(g, view)];
    const shared = tf.mul(values, tf.mean(tf.mul(values, grads), [1, 3], true));
    const rest = attrs.centred ? tf.sub(grads, tf.mean(grads, [1, 3], true)) : grads;
    const factor = tf.reshape(inverse, [view[0], 1, view[2], 1]);
    return tf.reshape(tf.mul(tf.sub(rest, shared), factor), y.shape);
  },
  cpu: differentiated,
  loops: differentiated,
});

/** The rows of a Variable, [rows, length], and a number for each of them. */
const rowsOf = (x: Variable, { rows }: Attrs): Variable => reshape(x, [rows, -1]);
const each = (row: Variable): Variable => reshape(row, [-1, 1]);

const gradientOp: Op<'y' | 'inverse' | 'g', Attrs> = defineOp({
  name: 'standardize gradient',
  inputs: ['y', 'inverse', 'g'],
  saves: ['y', 'inverse', 'g'],
  layout: ({ images }: Attrs) => (images ? { y: 'channelsLast', g: 'channelsLast' } : 'logical'),
  forward: (inputs, attrs: Attrs) => runKernel(standardizeGradientKernel, inputs, attrs),
  gradients: (u, { y, inverse, g }, attrs, { y: shape }) => {
    const [ys, gs, us] = [y, g, u].map((x) => rowsOf(x, attrs)) as [Variable, Variable, Variable];
    const product = () => mean(mul(gs, ys), 1, true);
    const rest = () => (attrs.centred ? sub(gs, mean(gs, 1, true)) : gs);
    return {
      g: () => gradientOp({ y, inverse, g: u }, attrs), // it is its own transpose
      y: () => {
        const both = mul(us, product()).add(mul(gs, mean(mul(us, ys), 1, true)));
        return reshape(affine(mul(both, each(inverse)), -1, 0), shape);
      },
      inverse: () => sum(mul(us, sub(rest(), mul(ys, product()))), 1),
    };
  },
});

const standardizeOp = defineOp({
  name: 'standardize',
  inputs: ['x'],
  results: ['y', 'inverse'],
  saves: ['y', 'inverse'],
  layout: ({ images }: Attrs) => (images ? 'channelsLast' : 'logical'),
  forward: ({ x }, attrs: Attrs) => runKernel(standardizeKernel, { x }, attrs),
  // `inverse` has a gradient only where the gradient itself is differentiated: it falls by inverse^2 y / length.
  gradients: ({ y: g, inverse: ofInverse }, { y, inverse }, attrs, { x }) => ({
    x: () => {
      const direct = g && gradientOp({ y, inverse, g }, attrs);
      if (!ofInverse) return direct;
      const fall = mul(rowsOf(y, attrs), each(mul(ofInverse, mul(inverse, inverse))));
      const through = reshape(affine(fall, -attrs.rows / y.size, 0), x);
      return direct ? direct.add(through) : through;
    },
  }),
});

/** Each row brought to mean 0 (where `centred`) and mean square 1. */
export const standardize = (x: Variable, attrs: Attrs): Variable => standardizeOp({ x }, attrs).y;
