import { clone, type Tensor } from '@tensorflow/tfjs-core';
import { defineOp } from './op.js';

/** Gives its input; a place of its own in the graph, so that `f(x, x)` can be differentiated in the first x alone. */
export const argument = defineOp<object, Tensor>({
  name: 'argument',
  layout: 'first',
  forward: (_, [x]) => clone(x!),
  backward: (_, [g]) => [g!],
});
