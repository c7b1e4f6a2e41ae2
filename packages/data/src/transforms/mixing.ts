import { DataError, option, optionsOf, type Given, type RandomStream } from '@tessera-nn/core';
import type { Batch } from '../dataset.js';
import { sizesOf } from './transform.js';

const options = optionsOf('mixUp', {
  /** How many classes there are. */
  classes: option.count,
  /** How evenly two images are mixed: shares come from Beta(alpha, alpha). Default 1, all alike. */
  alpha: option.numberAbove(0).or(1),
});
/** How images are mixed. */
export type MixOptions = Given<typeof options>;

/** Images of two classes at once: what handlers take, with a probability of each class for `CrossEntropy`. */
export interface MixedBatch {
  readonly data: Float32Array;
  /** `[count, maps, height, width]`. */
  readonly shape: number[];
  /** Probabilities, one row after the other. */
  readonly target: Float32Array;
  /** `[count, classes]`. */
  readonly targetShape: number[];
  /** Those of the samples, in the shares of their labels. */
  readonly weights?: Float32Array;
}

/** Mixes the images of a batch with one another. */
export type Mixing = (batch: Batch, stream: RandomStream) => MixedBatch;

/**
 * Adds to each image another of its batch: share x + (1 - share) other, with the labels as probabilities in the same shares.
 * Source: H. Zhang et al., "mixup: beyond empirical risk minimization", 2018.
 *
 * @example
 * const mixed = mapSamples(digits.train, mixUp({ classes: 10, alpha: 0.2 }));
 * await new Trainer(net, new CrossEntropy(), optimizer).train(mixed);
 */
export function mixUp(given: MixOptions): Mixing {
  const { classes, alpha } = options.read(given, 'mixUp');
  return (batch, stream) => {
    const share = betaOf(alpha, stream);
    const partners = stream.permutation(batch.labels.length);
    const size = batch.data.length / partners.length;
    const data = batch.data.map((value, i) => {
      const other = batch.data[partners[Math.floor(i / size)]! * size + (i % size)]!;
      return share * value + (1 - share) * other;
    });
    return { data, shape: batch.shape, ...targetsOf(batch, partners, share, classes) };
  };
}

/**
 * Puts a rectangle of another image of its batch into each, with the labels as probabilities in the shares of the area.
 * Source: S. Yun et al., "CutMix", 2019.
 */
export function cutMix(given: MixOptions): Mixing {
  const { classes, alpha } = options.read(given, 'cutMix');
  return (batch, stream) => {
    const { count, maps, height, width } = sizesOf(batch, 'cutMix');
    const side = Math.sqrt(1 - betaOf(alpha, stream));
    const partners = stream.permutation(count);
    const [[top, bottom], [left, right]] = [height, width].map((length) => {
      const middle = stream.integer(length);
      const half = (side * length) / 2;
      return [Math.max(0, Math.round(middle - half)), Math.min(length, Math.round(middle + half))];
    }) as [[number, number], [number, number]];
    const data = batch.data.slice();
    for (let map = 0; map < count * maps; map++) {
      const other = partners[Math.floor(map / maps)]! * maps + (map % maps);
      for (let y = top; y < bottom; y++) {
        const from = (other * height + y) * width;
        data.set(batch.data.subarray(from + left, from + right), (map * height + y) * width + left);
      }
    }
    const share = 1 - ((bottom - top) * (right - left)) / (height * width);
    return { data, shape: batch.shape, ...targetsOf(batch, partners, share, classes) };
  };
}

function targetsOf({ labels, weights }: Batch, partners: Uint32Array, share: number, classes: number) {
  const target = new Float32Array(labels.length * classes);
  const outside = labels.find((label) => label < 0 || label >= classes);
  if (outside !== undefined) {
    throw new DataError(`Label ${outside} names no class`, {
      expected: `0 to ${classes - 1}`,
      received: String(outside),
    });
  }
  labels.forEach((label, i) => {
    target[i * classes + label]! += share;
    target[i * classes + labels[partners[i]!]!]! += 1 - share;
  });
  const mixed = weights?.map((weight, i) => share * weight + (1 - share) * weights[partners[i]!]!);
  return { target, targetShape: [labels.length, classes], ...(mixed && { weights: mixed }) };
}

/** A number of Beta(alpha, alpha), after Jöhnk 1964: two powers of uniform numbers whose sum is not above 1. */
function betaOf(alpha: number, stream: RandomStream): number {
  for (;;) {
    const [a, b] = [stream.uniform() ** (1 / alpha), stream.uniform() ** (1 / alpha)];
    if (a + b <= 1 && a + b > 0) return a / (a + b);
  }
}
