import { noGrad, scope, Variable } from 'tessera-nn';
import { inEvalMode } from '../../page/in-eval-mode.js';
import type { Session } from './session.js';
import { softmax } from '../../page/softmax.js';

/** How likely each class is, for each of some images that lie one after the other; also between two steps. */
export async function answersTo({ net, data }: Session, images: Float32Array): Promise<Float32Array[]> {
  const { sampleShape } = data.train;
  const classes = data.classes.length;
  const count = images.length / sampleShape.reduce((size, length) => size * length, 1);
  const input = { shape: [count, ...sampleShape] };
  const scores = noGrad(() => scope(() => inEvalMode(net, () => net.forward(new Variable(images, input)))));
  try {
    const values = await scores.values();
    return Array.from({ length: count }, (_, i) => softmax(values.slice(i * classes, (i + 1) * classes)));
  } finally {
    scores.dispose();
  }
}
