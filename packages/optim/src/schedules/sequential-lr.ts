import { option, OptimizerError, optionsOf, type Given, type Values } from '@tessera-nn/core';
import type { Optimizer } from '../optimizer.js';
import { Schedule } from './schedule.js';

const options = optionsOf('SequentialLR', {
  /** One after the other; all of the same optimizer. */
  schedules: option.listOf(option.objectWith<Schedule>('a schedule', 'rateAt'), 'schedules', 1),
  /** At which step each but the first begins, in rising order. */
  milestones: option.listOf(option.wholeFrom(1), 'whole numbers from 1'),
});
/** What a SequentialLR runs. */
export type SequentialLROptions = Given<typeof options>;

/**
 * Schedules one after the other, such as a warm-up and a fade; each counts its steps from its own milestone.
 *
 * Only its own `step` is called, not those of its parts. Source: PyTorch's `SequentialLR`.
 *
 * @example
 * const warmUp = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 });
 * const fade = new CosineAnnealingLR(optimizer, { tMax: 45 });
 * const schedule = new SequentialLR(optimizer, { schedules: [warmUp, fade], milestones: [5] });
 * @throws OptimizerError when the milestones are not one fewer than the schedules, or do not rise.
 */
export class SequentialLR extends Schedule {
  static override readonly className = 'SequentialLR';

  readonly #options: Values<typeof options>;

  constructor(optimizer: Optimizer, given: SequentialLROptions) {
    super(optimizer);
    this.#options = options.read(given);
    const { schedules, milestones } = this.#options;
    const rises = milestones.every((milestone, i) => i === 0 || milestones[i - 1]! < milestone);
    if (milestones.length !== schedules.length - 1 || !rises) {
      throw new OptimizerError('SequentialLR: milestones and schedules do not fit each other', {
        path: 'SequentialLR',
        expected: `${schedules.length - 1} milestones in rising order`,
        received: `[${milestones.join(', ')}]`,
      });
    }
    this.apply();
  }

  override rateAt(t: number): number {
    const { schedules, milestones } = this.#options;
    const index = milestones.filter((milestone) => milestone <= t).length;
    return schedules[index]!.rateAt(t - (milestones[index - 1] ?? 0));
  }
}
