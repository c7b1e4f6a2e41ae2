import { OptimizerError } from '@tessera-nn/core';
import { isPlainObject, shownValue } from '@tessera-nn/core/internal';
import type { Optimizer } from '../optimizer.js';

/** What a schedule needs to go on: numbers by name, which JSON keeps. */
export type ScheduleState = Readonly<Record<string, number>>;

/** The rates that optimizers had before their first schedule, which all of them start from. */
const bases = new WeakMap<Optimizer, number>();

/**
 * Changes the learning rate of an optimizer as training goes on. `t` counts the calls of `step`; `base` is the rate that the
 * optimizer had when its first schedule was made.
 *
 * The first rate is set at once. Call `step` after each epoch, or after each batch where a class says so. A subclass says
 * what the rate is after `t` steps.
 *
 * Source: PyTorch's `torch.optim.lr_scheduler.LRScheduler`.
 */
export abstract class Schedule {
  /** The name in messages and states; bundlers may rename the class itself. */
  static readonly className: string = 'Schedule';

  /** The rate that everything starts from. */
  readonly base: number;
  #t = 0;

  /** @throws OptimizerError for what is not an optimizer. */
  constructor(readonly optimizer: Optimizer) {
    const rate = rateOf(optimizer, this.className);
    this.base = bases.get(optimizer) ?? rate;
    bases.set(optimizer, this.base);
  }

  get className(): string {
    return (this.constructor as typeof Schedule).className;
  }

  /** How often `step` was called. */
  get t(): number {
    return this.#t;
  }

  /** The rate after `t` steps. */
  abstract rateAt(t: number): number;

  /** Goes on by one step and sets the optimizer's rate. */
  step(): void {
    this.#t++;
    this.apply();
  }

  /** Sets the optimizer's rate to that of now. Subclasses call it when they are made. */
  protected apply(): void {
    this.optimizer.learnRate = this.rateAt(this.#t);
  }

  /** What it needs to go on. */
  stateDict(): ScheduleState {
    return { t: this.#t };
  }

  /**
   * Goes on where `stateDict` was taken, and sets the rate.
   *
   * @throws OptimizerError for what is not such a state; nothing is changed then.
   */
  loadStateDict(state: ScheduleState): void {
    const { t } = readState(this.className, state, ['t']);
    if (!Number.isSafeInteger(t) || t! < 0) throw stateError(this.className, 't is not a count of steps', t);
    this.#t = t!;
    this.apply();
  }
}

/** The rate of an optimizer. @throws OptimizerError for what is none. */
export function rateOf(optimizer: Optimizer, className: string): number {
  const rate = (optimizer as Partial<Optimizer> | undefined)?.learnRate;
  if (typeof rate === 'number') return rate;
  throw new OptimizerError(`${className} changes the rate of an optimizer, and was given something else`, {
    path: className,
    expected: 'an optimizer',
    received: shownValue(optimizer),
    hint: `new ${className}(optimizer, { ... })`,
  });
}

/** The numbers of a state by their names. @throws OptimizerError naming what is missing, not known or no number. */
export function readState(
  className: string,
  state: unknown,
  names: readonly string[],
  optional: readonly string[] = [],
): Record<string, number> {
  if (!isPlainObject(state)) throw stateError(className, 'it is not an object', state);
  const given = state as Record<string, unknown>;
  for (const name of names) {
    if (!Object.hasOwn(given, name)) throw stateError(className, `it has no "${name}"`, Object.keys(given).join(', '));
  }
  for (const [name, value] of Object.entries(given)) {
    if (![...names, ...optional].includes(name)) throw stateError(className, `it has an unknown entry "${name}"`, name);
    if (typeof value !== 'number') throw stateError(className, `${name} is not a number`, value);
  }
  return { ...(given as Record<string, number>) };
}

export function stateError(className: string, problem: string, received: unknown): OptimizerError {
  return new OptimizerError(`${className} cannot go on from this state: ${problem}`, {
    path: className,
    received: shownValue(received),
    hint: 'Take what stateDict() of a schedule of this class returned; nothing was changed',
  });
}
