import { option, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('OneCycleLR', {
  /** The highest rate. */
  maxLr: option.numberAbove(0),
  /** Steps of the whole cycle; the last rate stays behind it. */
  totalSteps: option.wholeFrom(2),
  /** The share of them in which the rate rises. Default 0.3. */
  pctStart: option.numberBetween(0, 1).or(0.3),
  /** What the highest rate is divided by to begin with. Default 25. */
  divFactor: option.numberFrom(1).or(25),
  /** What the first rate is divided by in the end. Default 1e4. */
  finalDivFactor: option.numberFrom(1).or(1e4),
});
/** The numbers of OneCycleLR. */
export type OneCycleLROptions = Given<typeof options>;

/**
 * One rise to a high rate and one long fall, along cosines; `step` is called after each batch.
 *
 * From maxLr / divFactor to maxLr in pctStart totalSteps - 1 steps, then to maxLr / divFactor / finalDivFactor at
 * totalSteps - 1. The optimizer's own rate is not used, and its momentum stays. Source: Smith and Topin 2018; PyTorch's
 * `OneCycleLR` with `cycle_momentum=False`.
 *
 * @example
 * const schedule = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 1000 });
 */
export class OneCycleLR extends Schedule {
  static override readonly className = 'OneCycleLR';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: OneCycleLROptions) {
    super(optimizer);
    this.#options = options.read(given);
    this.apply();
  }

  override rateAt(t: number): number {
    const { maxLr, totalSteps, pctStart, divFactor, finalDivFactor } = this.#options;
    const first = maxLr / divFactor;
    const [top, end] = [pctStart * totalSteps - 1, totalSteps - 1];
    const between = (from: number, to: number, share: number) =>
      to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
    if (t <= top) return between(first, maxLr, t / top);
    return between(maxLr, first / finalDivFactor, (Math.min(t, end) - top) / (end - top));
  }
}
