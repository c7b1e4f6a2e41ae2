import { cases } from '../modules/cases.js';
import { measure } from '../modules/measure.js';
import type { Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'Spatial modules, forward and the gradient of the input, wasm: ours against the ops of tfjs with tf.grad',
  where: 'node',
  cases: cases.map(({ name }) => name),
  run: (index) => measure('wasm', index),
};
