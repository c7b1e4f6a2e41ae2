import { option, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('MultiStepLR', {
  /** At which steps the rate changes. */
  milestones: option.listOf(option.wholeFrom(0), 'whole numbers from 0', 1),
  /** What each change multiplies the rate by. Default 0.1. */
  gamma: option.numberAbove(0).or(0.1),
});
/** The numbers of MultiStepLR. */
export type MultiStepLROptions = Given<typeof options>;

/**
 * Multiplies the rate by gamma at each milestone: factor = gamma^(milestones that t has reached).
 *
 * Source: PyTorch's `MultiStepLR`.
 *
 * @example
 * const schedule = new MultiStepLR(optimizer, { milestones: [30, 80] });
 */
export class MultiStepLR extends Schedule {
  static override readonly className = 'MultiStepLR';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: MultiStepLROptions) {
    super(optimizer);
    this.#options = options.read(given);
    this.apply();
  }

  override rateAt(t: number): number {
    const { milestones, gamma } = this.#options;
    return this.base * gamma ** milestones.filter((milestone) => milestone <= t).length;
  }
}
