import { ValueError } from '@tessera-nn/kernels';
import { watchedSideEffects } from './checkpoint/side-effects.js';

/** Where a stream stands; plain numbers, so that it can be written into a file and restored. */
export interface RandomState {
  key: number;
  counter: number;
  /** The second number of the pair that `normal` drew last, while it is still to come. */
  spareNormal?: number;
}

/**
 * A reproducible stream of random numbers: value i is a hash of (key, i), so a stream can be saved, restored, split,
 * and evaluated for many indices at once, on a GPU as well.
 *
 * The hash is two rounds of the 32-bit integer finaliser `lowbias32` (C. Wellons, "Prospecting for Hash Functions",
 * 2018), keyed in between. It is a statistical generator, not a cryptographic one.
 */
export class RandomStream {
  #key: number;
  #counter = 0;
  #spareNormal: number | undefined;

  /** @param seedValue any integer; its low 32 bits are used. */
  constructor(seedValue: number) {
    this.#key = mix32(checkSeed(seedValue) + GOLDEN);
  }

  /** The next integer in [0, 2^32). */
  uint32(): number {
    watchedSideEffects()?.noteDraw(this);
    const value = hash32(this.#key, this.#counter);
    this.#counter = (this.#counter + 1) >>> 0;
    return value;
  }

  /** A float32-exact number, uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() >>> 8) * 2 ** -24;
  }

  /** A normally distributed number (Box and Muller, 1958). */
  normal(mean = 0, deviation = 1): number {
    if (this.#spareNormal !== undefined) {
      watchedSideEffects()?.noteDraw(this);
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return mean + deviation * spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  }

  /** An integer, uniform in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.uint32() * 2 ** -32 * bound);
  }

  /** The numbers 0 .. count-1 in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    return order;
  }

  /** Takes `count` consecutive numbers out of this stream for use elsewhere: element i is `hash32(key, counter + i)`. */
  reserve(count: number): RandomState {
    watchedSideEffects()?.noteDraw(this);
    const reserved = { key: this.#key, counter: this.#counter };
    this.#counter = (this.#counter + count) >>> 0;
    return reserved;
  }

  /** A new stream that depends only on this stream's seed and the label, not on what was drawn before. */
  split(label: string): RandomStream {
    let key = this.#key;
    for (const character of label) key = hash32(key, character.codePointAt(0)!);
    key = hash32(key, label.length); // so that "" is not a copy of this stream, and "ab" not the same as "a" and then "b"
    const stream = new RandomStream(0);
    stream.#key = key;
    return stream;
  }

  /** The stream's position; setting it continues exactly there. */
  get state(): RandomState {
    const spare = this.#spareNormal;
    return { key: this.#key, counter: this.#counter, ...(spare === undefined ? {} : { spareNormal: spare }) };
  }
  set state({ key, counter, spareNormal }: RandomState) {
    watchedSideEffects()?.noteDraw(this);
    this.#key = key >>> 0;
    this.#counter = counter >>> 0;
    this.#spareNormal = spareNormal;
  }
}

/** The value that `RandomStream` with this key returns at this counter: an integer in [0, 2^32). */
export function hash32(key: number, counter: number): number {
  return mix32(mix32(counter) ^ key);
}

/** 2^32 divided by the golden ratio: keeps the key of seed 0, which the finaliser maps to itself, away from 0. */
const GOLDEN = 0x9e3779b9;

function mix32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

function checkSeed(value: number): number {
  if (!Number.isInteger(value)) {
    throw new ValueError('A seed must be a whole number', {
      received: String(value),
      hint: 'Use seed(7), for example',
    });
  }
  return value >>> 0;
}

const freshSeed = () => Math.floor(Math.random() * 2 ** 32);
let shared = new RandomStream(freshSeed());

/** Starts the shared random stream anew: same seed, same numbers, on every backend. Without it runs differ. */
export function seed(value: number): void {
  shared = new RandomStream(value);
}

/** The stream that initialisers, dropout and shuffling draw from when they are not given their own. */
export function randomStream(): RandomStream {
  return shared;
}

/** Runs work that draws from a stream of its own, started by a seed, where it would draw from the shared one. */
export function drawingFrom<T>(value: number, work: () => T): T {
  const outer = shared;
  shared = new RandomStream(value);
  try {
    return work();
  } finally {
    shared = outer;
  }
}
