import { RandomStream } from '@tessera-nn/core';
import { backendName, settingOf } from './backend.js';
import { nd, type Nd } from './nd.js';
import { randomNd } from './random-values.js';

/** How many configurations each spec draws, and from which seed: on webgl few, for each compiles shaders. */
const COUNT = Number(settingOf('draws') ?? (backendName === 'webgl' ? 1 : 3));
const SEED = Number(settingOf('seed') ?? 20261128);

/** What numbers are like; each kind has found faults of its own. */
const regimes = {
  /** Around 0. */
  ordinary: (random) => ({ middle: 0, spread: random.uniform(0.5, 8) }),
  /** Close together and far from 0, but for the first. */
  far: (random) => ({ middle: random.uniform(50, 300) * (random.uniform() < 0.5 ? -1 : 1), spread: 1, first: 0 }),
  /** Close together, where exponentials are small or large: one of ordinary size would hide their digits. */
  steep: (random) => ({ middle: random.uniform(-20, 20), spread: 0.2 }),
  /** So far from 0 that little is left of their distances. */
  high: (random) => ({ middle: 10 ** random.uniform(3, 7), spread: 8 }),
  /** So large that little can be added to them. */
  large: (random) => ({ middle: 0, spread: 10 ** random.uniform(3, 9) }),
} satisfies Record<string, (random: RandomStream) => { middle: number; spread: number; first?: number }>;
export type Regime = keyof typeof regimes;
/** Those that no function has a reason not to stand. */
export const allRegimes: readonly Regime[] = ['ordinary', 'far', 'steep', 'large'];

/** A configuration drawn at random: its options, its sizes, its numbers. Says what was drawn, for the message of a failure. */
export class Draw {
  readonly #random: RandomStream;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new RandomStream(seed);
  }

  /** A whole number. */
  whole(least: number, most: number): number {
    return least + this.#random.integer(most - least + 1);
  }

  /** A number of one decimal place: most are none that float32 has. */
  decimal(least: number, most: number): number {
    return this.whole(Math.round(least * 10), Math.round(most * 10)) / 10;
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)]!;
  }

  /** A list of something drawn. */
  list<T>(length: number, draw: () => T): T[] {
    return Array.from({ length }, draw);
  }

  /** Numbers of one kind. */
  values(shape: readonly number[], regime: Regime): Nd {
    const { middle, spread, first } = { first: undefined, ...regimes[regime](this.#random) };
    const { data } = randomNd(shape, this.whole(0, 1e6), 1);
    const values = data.map((value, i) =>
      Math.fround(i === 0 && first !== undefined ? first : middle + spread * value),
    );
    return nd(shape, values);
  }

  toString(): string {
    return `seed ${this.#seed}`;
  }
}

/** An `it` for configurations drawn at random. */
export function itHoldsFor(what: string, check: (draw: Draw) => Promise<void>): void {
  it(`holds for ${COUNT} drawn ${what}`, async function () {
    this.timeout(this.timeout() + COUNT * 1000);
    for (let seed = SEED; seed < SEED + COUNT; seed++) {
      const draw = new Draw(seed);
      try {
        await check(draw);
      } catch (error) {
        throw new Error(`${String(draw)}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
}
