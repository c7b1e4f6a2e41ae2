import { clone } from '@tensorflow/tfjs-core';
import { defineOp } from './op.js';

/** Gives its input; a place of its own in the graph, so that `f(x, x)` can be differentiated in the first x alone. */
export const argument = defineOp({
  name: 'argument',
  inputs: ['x'],
  layout: { x: 'any' },
  forward: ({ x }) => clone(x),
  gradients: (g) => ({ x: () => g }),
});
