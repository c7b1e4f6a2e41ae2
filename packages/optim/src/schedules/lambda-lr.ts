import { OptimizerError } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

/**
 * A rate of one's own: rate = base factor(t).
 *
 * Source: PyTorch's `LambdaLR`.
 *
 * @example
 * const schedule = new LambdaLR(optimizer, (t) => 1 / (1 + 0.1 * t));
 */
export class LambdaLR extends Schedule {
  static override readonly className = 'LambdaLR';

  readonly #factor: (t: number) => number;

  /** @throws OptimizerError when the factor is not a function, and at each step where it returns what no rate can be. */
  constructor(optimizer: Optimizer, factor: (t: number) => number) {
    super(optimizer);
    if (typeof factor !== 'function') throw notAFactor(factor);
    this.#factor = factor;
    this.apply();
  }

  override rateAt(t: number): number {
    return this.base * this.#factor(t);
  }
}

const notAFactor = (given: unknown): OptimizerError =>
  new OptimizerError('LambdaLR: the factor is not a function', {
    path: 'LambdaLR',
    expected: 'a function of the count of steps',
    received: shownValue(given),
  });
