import { option, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('CosineAnnealingLR', {
  /** Steps from the base rate to the lowest. */
  tMax: option.count,
  /** The lowest rate. Default 0. */
  etaMin: option.numberFrom(0).or(0),
});
/** The numbers of CosineAnnealingLR. */
export type CosineAnnealingLROptions = Given<typeof options>;

/**
 * Follows half a wave of a cosine, up and down again: rate = etaMin + (base - etaMin) (1 + cos(pi t / tMax)) / 2.
 *
 * Source: Loshchilov and Hutter 2017, "SGDR"; PyTorch's `CosineAnnealingLR`.
 *
 * @example
 * const schedule = new CosineAnnealingLR(optimizer, { tMax: 50 });
 */
export class CosineAnnealingLR extends Schedule {
  static override readonly className = 'CosineAnnealingLR';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: CosineAnnealingLROptions) {
    super(optimizer);
    this.#options = options.read(given);
    this.apply();
  }

  override rateAt(t: number): number {
    const { tMax, etaMin } = this.#options;
    return etaMin + ((this.base - etaMin) * (1 + Math.cos((Math.PI * t) / tMax))) / 2;
  }
}
