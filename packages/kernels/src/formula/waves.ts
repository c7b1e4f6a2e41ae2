import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** pi / 2 in parts: whole numbers of up to 13 bits times the first two are exact. */
export const QUARTERS = [1.5703125, 4.837512969970703e-4, 7.549789954891882e-8] as const;
/** Up to here the parts keep the digits that matter. */
export const FARTHEST = 8192;
/** By the square of the distance from a whole quarter turn, the highest power first: sin r = r + r z p, cos r = p. */
export const SINE = [1 / 362880, -1 / 5040, 1 / 120, -1 / 6] as const;
export const COSINE = [-1 / 3628800, 1 / 40320, -1 / 720, 1 / 24, -0.5, 1] as const;

const polynomial = (x: Tensor, [first, ...others]: readonly number[]): Tensor =>
  others.reduce<Tensor>((sum, factor) => tf.add(tf.mul(sum, x), factor), tf.fill(x.shape, first!));

/** A wave that begins so many quarters of a turn before 0, of angles from 0 on. */
function wave(x: Tensor, quarters: number): Tensor {
  const turns = tf.round(tf.mul(x, 2 / Math.PI));
  const r = QUARTERS.reduce((rest, part) => tf.sub(rest, tf.mul(turns, part)), x);
  const z = tf.mul(r, r);
  const odd = tf.add(r, tf.mul(r, tf.mul(z, polynomial(z, SINE))));
  const half = tf.mul(tf.add(turns, quarters), 0.5);
  const value = tf.where(tf.equal(tf.floor(half), half), odd, polynomial(z, COSINE));
  const quarter = tf.mul(tf.floor(half), 0.5);
  return tf.where(tf.equal(tf.floor(quarter), quarter), value, tf.neg(value));
}

/** tfjs's own sine is that of the shader language, which keeps 11 bits on some devices. */
export function sineTensor(a: Tensor): Tensor {
  const x = tf.abs(a);
  const right = wave(x, 0);
  return tf.where(tf.lessEqual(x, FARTHEST), tf.where(tf.less(a, 0), tf.neg(right), right), tf.sin(a));
}

/** As `sineTensor`. */
export function cosineTensor(a: Tensor): Tensor {
  const x = tf.abs(a);
  return tf.where(tf.lessEqual(x, FARTHEST), wave(x, 1), tf.cos(a));
}
