import { noGrad, scope, Variable, type Module } from 'tessera-nn';

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

/** The most likely digit. */
export function bestOf(probabilities: Float32Array): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

function inEvalMode<T>(net: Module, work: () => T): T {
  const before = net.training;
  net.eval();
  try {
    return work();
  } finally {
    net.train(before);
  }
}

function softmax(scores: ArrayLike<number>): Float32Array {
  const highest = Math.max(...Array.from(scores));
  const powers = Float32Array.from(scores, (score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
