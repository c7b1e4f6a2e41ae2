import { option, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('StepLR', {
  /** Steps between two changes. */
  stepSize: option.count,
  /** What each change multiplies the rate by. Default 0.1. */
  gamma: option.numberAbove(0).or(0.1),
});
/** The numbers of StepLR. */
export type StepLROptions = Given<typeof options>;

/**
 * Multiplies the rate by gamma every stepSize steps: factor = gamma^floor(t / stepSize).
 *
 * Source: PyTorch's `StepLR`.
 *
 * @example
 * const schedule = new StepLR(optimizer, { stepSize: 10, gamma: 0.5 });
 */
export class StepLR extends Schedule {
  static override readonly className = 'StepLR';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: StepLROptions) {
    super(optimizer);
    this.#options = options.read(given);
    this.apply();
  }

  override rateAt(t: number): number {
    const { stepSize, gamma } = this.#options;
    return this.base * gamma ** Math.floor(t / stepSize);
  }
}
