import { option, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('CosineAnnealingWarmRestarts', {
  /** Steps until the first restart. */
  t0: option.count,
  /** How much longer each stretch is than the one before. Default 1. */
  tMult: option.count.or(1),
  /** The lowest rate. Default 0. */
  etaMin: option.numberFrom(0).or(0),
});
/** The numbers of CosineAnnealingWarmRestarts. */
export type CosineAnnealingWarmRestartsOptions = Given<typeof options>;

/**
 * Falls along a cosine and starts again from the base rate: rate = etaMin + (base - etaMin) (1 + cos(pi c / T)) / 2, where c
 * counts steps since the last restart and T = t0 tMult^restarts.
 *
 * Source: Loshchilov and Hutter 2017, "SGDR"; PyTorch's `CosineAnnealingWarmRestarts`.
 *
 * @example
 * const schedule = new CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult: 2 });
 */
export class CosineAnnealingWarmRestarts extends Schedule {
  static override readonly className = 'CosineAnnealingWarmRestarts';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: CosineAnnealingWarmRestartsOptions) {
    super(optimizer);
    this.#options = options.read(given);
    this.apply();
  }

  override rateAt(t: number): number {
    const { t0, tMult, etaMin } = this.#options;
    let [since, length] = [t, t0];
    while (since >= length) {
      since -= length;
      length *= tMult;
    }
    return etaMin + ((this.base - etaMin) * (1 + Math.cos((Math.PI * since) / length))) / 2;
  }
}
