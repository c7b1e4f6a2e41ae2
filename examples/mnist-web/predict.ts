import { noGrad, scope, Variable, type Module } from 'tessera-nn';
import { inEvalMode } from '../page/in-eval-mode.js';
import { softmax } from '../page/softmax.js';

/** How likely each of the ten digits is, for each image `[1, 28, 28]`; also between two steps of training. */
export async function predict(net: Module, images: Float32Array): Promise<Float32Array[]> {
  const shape = [images.length / (28 * 28), 1, 28, 28];
  const scores = noGrad(() => scope(() => inEvalMode(net, () => net.forward(new Variable(images, { shape })))));
  try {
    const values = await scores.values();
    return Array.from({ length: shape[0]! }, (_, i) => softmax(values.subarray(i * 10, (i + 1) * 10)));
  } finally {
    scores.dispose();
  }
}
