import { option, OptimizerError, optionsOf, type Given, type Values } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import type { Optimizer } from '../optimizer.js';
import { rateOf, readState, type ScheduleState } from './schedule.js';

const options = optionsOf('ReduceLROnPlateau', {
  /** Whether the metric should fall or rise. Default `min`. */
  mode: option.oneOf('min', 'max').or('min'),
  /** What the rate is multiplied by. Default 0.1. */
  factor: option.numberBetween(0, 1).or(0.1),
  /** So many steps without progress are borne; the next one lowers the rate. Default 10. */
  patience: option.wholeFrom(0).or(10),
  /** Progress is more than this share of the best. Default 1e-4. */
  threshold: option.numberFrom(0).or(1e-4),
  /** After a change, so many steps do not count. Default 0. */
  cooldown: option.wholeFrom(0).or(0),
  /** The rate goes no lower. Default 0. */
  minLr: option.numberFrom(0).or(0),
});
/** When and how ReduceLROnPlateau lowers the rate. */
export type ReduceLROnPlateauOptions = Given<typeof options>;

/**
 * Lowers the rate of an optimizer when a metric, such as the error of validation, gets no better.
 *
 * Progress is metric < best (1 - threshold) where it should fall, metric > best (1 + threshold) where it should rise. The rate
 * is whatever it is then, so a change of one's own stays. Source: PyTorch's `ReduceLROnPlateau`.
 *
 * @example
 * const schedule = new ReduceLROnPlateau(optimizer, { patience: 3 });
 * schedule.step(await new Validator(net, new CrossEntropy()).validate(digits.test));
 */
export class ReduceLROnPlateau {
  static readonly className = 'ReduceLROnPlateau';

  readonly #options: Values<typeof options>;
  #best: number | undefined;
  #bad = 0;
  #cooling = 0;

  /** @throws OptimizerError for what is not an optimizer. */
  constructor(
    readonly optimizer: Optimizer,
    given: ReduceLROnPlateauOptions = {},
  ) {
    rateOf(optimizer, ReduceLROnPlateau.className);
    this.#options = options.read(given);
  }

  /**
   * Takes the metric of an epoch, and lowers the rate where that is due. NaN is no progress.
   *
   * @throws OptimizerError when the metric is not a number.
   */
  step(metric: number): void {
    if (typeof metric !== 'number') {
      throw new OptimizerError('ReduceLROnPlateau: the metric is not a number', {
        path: 'ReduceLROnPlateau',
        expected: 'the error or the score of this epoch',
        received: shownValue(metric),
      });
    }
    const { factor, patience, cooldown, minLr } = this.#options;
    if (this.#isBetter(metric)) [this.#best, this.#bad] = [metric, 0];
    else this.#bad++;
    if (this.#cooling > 0) [this.#cooling, this.#bad] = [this.#cooling - 1, 0];
    if (this.#bad <= patience) return;
    this.optimizer.learnRate = Math.max(this.optimizer.learnRate * factor, minLr);
    [this.#cooling, this.#bad] = [cooldown, 0];
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold } = this.#options;
    if (this.#best === undefined) return !Number.isNaN(metric);
    return mode === 'min' ? metric < this.#best * (1 - threshold) : metric > this.#best * (1 + threshold);
  }

  /** What it needs to go on; `best` is missing before the first step. The rate is the optimizer's. */
  stateDict(): ScheduleState {
    const best = this.#best === undefined ? {} : { best: this.#best };
    return { ...best, bad: this.#bad, cooling: this.#cooling };
  }

  /** Goes on where `stateDict` was taken. @throws OptimizerError for what is not such a state; nothing is changed then. */
  loadStateDict(state: ScheduleState): void {
    const { best, bad, cooling } = readState(ReduceLROnPlateau.className, state, ['bad', 'cooling'], ['best']);
    [this.#best, this.#bad, this.#cooling] = [best, bad!, cooling!];
  }
}
