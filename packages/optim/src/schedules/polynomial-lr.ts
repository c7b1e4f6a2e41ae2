import { option, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('PolynomialLR', {
  /** In how many steps the rate fades to 0. Default 5. */
  totalIters: option.count.or(5),
  /** The power; 1 is a straight line. Default 1. */
  power: option.numberAbove(0).or(1),
});
/** The numbers of PolynomialLR. */
export type PolynomialLROptions = Given<typeof options>;

/**
 * Fades to 0 as a power: factor = (1 - min(t, totalIters) / totalIters)^power.
 *
 * Source: PyTorch's `PolynomialLR`.
 *
 * @example
 * const schedule = new PolynomialLR(optimizer, { totalIters: 100, power: 0.9 });
 */
export class PolynomialLR extends Schedule {
  static override readonly className = 'PolynomialLR';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: PolynomialLROptions = {}) {
    super(optimizer);
    this.#options = options.read(given);
    this.apply();
  }

  override rateAt(t: number): number {
    const { totalIters, power } = this.#options;
    return this.base * (1 - Math.min(t, totalIters) / totalIters) ** power;
  }
}
