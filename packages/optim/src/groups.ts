import { nearestName, OptimizerError, type Options, type Variable } from '@tessera-nn/core';
import { checkFunction, isPlainObject, shownValue } from '@tessera-nn/core/internal';

/** Which parameters are meant: those below a path, such as `head`, or those that a function picks. */
export type GroupMatch = string | ((path: string, variable: Variable) => boolean);

/** Numbers of an optimizer by name. */
export type Numbers = Record<string, number | boolean>;

interface Group {
  readonly picks: (path: string, variable: Variable) => boolean;
  readonly numbers: Numbers;
  /** The rate of the group over that of the optimizer, so that schedules move both. */
  readonly share: number | undefined;
}

/** Parameters with numbers of their own. */
export class Groups {
  readonly #groups: Group[] = [];

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  /** @throws OptimizerError for numbers that the optimizer has not got. */
  add(match: GroupMatch, given: object, own: Numbers, options: Options<never>, who: string): void {
    if (typeof match !== 'string') checkFunction(match, `${who}.addGroup`);
    if (!isPlainObject(given)) {
      throw new OptimizerError(`${who}.addGroup takes numbers by name`, {
        path: who,
        expected: `{ ${Object.keys(own).join(', ')} }`,
        received: shownValue(given),
      });
    }
    const numbers: Numbers = {};
    for (const [name, value] of Object.entries(given)) {
      if (!Object.hasOwn(own, name)) {
        const near = nearestName(name, Object.keys(own));
        throw new OptimizerError(`${who} has no number "${name}"`, {
          path: who,
          expected: Object.keys(own).join(', '),
          received: name,
          ...(near && { hint: `Did you mean "${near}"?` }),
        });
      }
      numbers[name] = options.check(name as never, value);
    }
    const { learnRate, ...rest } = numbers;
    const base = own['learnRate'] as number;
    const share = learnRate === undefined ? undefined : (learnRate as number) / base;
    if (share !== undefined && !Number.isFinite(share)) {
      throw new OptimizerError(`${who}: a group has its rate in proportion to the optimizer's, which is 0`, {
        path: who,
        hint: 'Set learnRate first',
      });
    }
    const picks = typeof match === 'string' ? (path: string) => path === match || path.startsWith(`${match}.`) : match;
    this.#groups.push({ picks, numbers: rest, share });
  }

  /** What the optimizer's numbers are for a parameter; the last group that picks it has the word. */
  numbersOf(path: string, variable: Variable, own: Readonly<Numbers>): Readonly<Numbers> {
    const group = [...this.#groups].reverse().find(({ picks }) => picks(path, variable));
    if (!group) return own;
    const { numbers, share } = group;
    return { ...own, ...numbers, ...(share !== undefined && { learnRate: (own['learnRate'] as number) * share }) };
  }
}
