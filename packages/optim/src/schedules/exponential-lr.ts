import { option, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('ExponentialLR', {
  /** What each step multiplies the rate by. */
  gamma: option.numberAbove(0),
});
/** The numbers of ExponentialLR. */
export type ExponentialLROptions = Given<typeof options>;

/**
 * Multiplies the rate by gamma at every step: factor = gamma^t.
 *
 * Source: PyTorch's `ExponentialLR`.
 *
 * @example
 * const schedule = new ExponentialLR(optimizer, { gamma: 0.95 });
 */
export class ExponentialLR extends Schedule {
  static override readonly className = 'ExponentialLR';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: ExponentialLROptions) {
    super(optimizer);
    this.#options = options.read(given);
    this.apply();
  }

  override rateAt(t: number): number {
    return this.base * this.#options.gamma ** t;
  }
}
