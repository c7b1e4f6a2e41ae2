import { cases } from '../modules/cases.js';
import { measure } from '../modules/measure.js';
import type { Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'Spatial modules, forward and the gradient of the input, webgl: ours against the ops of tfjs with tf.grad',
  where: 'page',
  cases: cases.map(({ name }) => name),
  run: (index) => measure('webgl', index),
};
