import { option, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('LinearLR', {
  /** The first factor. Default 1 / 3. */
  startFactor: option.numberBetween(0, 1).or(1 / 3),
  /** The last factor. Default 1. */
  endFactor: option.numberBetween(0, 1).or(1),
  /** In how many steps it gets there. Default 5. */
  totalIters: option.count.or(5),
});
/** The numbers of LinearLR. */
export type LinearLROptions = Given<typeof options>;

/**
 * Goes from one factor to another in a straight line, and stays there: a warm-up, or a fade.
 *
 * factor = startFactor + (endFactor - startFactor) min(t, totalIters) / totalIters. Source: PyTorch's `LinearLR`.
 *
 * @example
 * const warmUp = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 });
 */
export class LinearLR extends Schedule {
  static override readonly className = 'LinearLR';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: LinearLROptions = {}) {
    super(optimizer);
    this.#options = options.read(given);
    this.apply();
  }

  override rateAt(t: number): number {
    const { startFactor, endFactor, totalIters } = this.#options;
    return this.base * (startFactor + ((endFactor - startFactor) * Math.min(t, totalIters)) / totalIters);
  }
}
