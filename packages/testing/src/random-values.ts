import { RandomStream } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { map, nd, type Nd } from './nd.js';

/** Float32-exact numbers from a seeded stream, so that the same specs see the same inputs on every backend. */
export function randomNd(shape: readonly number[], seedValue: number, spread = 1.5): Nd {
  const random = new RandomStream(seedValue);
  return nd(
    shape,
    Array.from({ length: sizeOf(shape) }, () => Math.fround(random.normal(0, spread))),
  );
}

/** Random inputs of all three signs: about one in eight is 0. */
export function signedInputs(shape: readonly number[], seedValue: number): Nd {
  const random = new RandomStream(seedValue).split('zeros');
  const values = randomNd(shape, seedValue);
  values.data.forEach((_, i) => random.uniform() < 0.125 && (values.data[i] = 0));
  return values;
}

/** Moves values that lie on or near a kink away from it, to the same side or upwards. */
export function offKinks(x: Nd, kinks: readonly number[], distance = 0.05): Nd {
  const data = x.data.map((value) => {
    const kink = kinks.find((at) => Math.abs(value - at) < distance);
    return kink === undefined ? value : Math.fround(kink + (value < kink ? -distance : distance));
  });
  return { shape: x.shape, data };
}

/** How many values there are, and the shares of negative, zero and positive ones. */
export function signShares({ data }: Nd): { count: number; negative: number; zero: number; positive: number } {
  const share = (test: (value: number) => boolean) => data.filter(test).length / data.length;
  return {
    count: data.length,
    negative: share((v) => v < 0),
    zero: share((v) => v === 0),
    positive: share((v) => v > 0),
  };
}

/** Numbers that all differ by 0.01 or more, 0 among them, in an order without pattern: no two are equal largest ones. */
export function distinctNd(shape: readonly number[]): Nd {
  const x = nd(shape);
  const { length } = x.data;
  const step = 37; // shares no factor with usual sizes, so that every number comes once
  const below = Math.floor(length / 2);
  return map(x, (_, i) => Math.fround((((i * step) % length) - below) * 0.01));
}
