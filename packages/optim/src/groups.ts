import { nearestName, OptimizerError, type Options, type Variable } from '@tessera-nn/core';
import { checkFunction, isPlainObject, shownValue, unexpectedName } from '@tessera-nn/core/internal';

/** Which parameters are meant: those below a path, such as `head`, or those that a function picks. */
export type GroupMatch = string | ((path: string, variable: Variable) => boolean);

/** Numbers of an optimizer by name. */
export type Numbers = Record<string, number | boolean>;

/** Numbers of its own that a group has. */
interface GroupNumbers {
  readonly numbers: Readonly<Numbers>;
  /** The rate of the group over that of the optimizer, so that schedules move both. */
  readonly share?: number | undefined;
}

interface Group extends GroupNumbers {
  readonly picks: (path: string, variable: Variable) => boolean;
}

/** A group as it is saved: a function that picks is kept as what it picked. */
export interface GroupState extends GroupNumbers {
  readonly parameters: readonly string[];
}

/** Parameters with numbers of their own. */
export class Groups {
  readonly #groups: readonly Group[];

  constructor(groups: readonly Group[] = []) {
    this.#groups = groups;
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  /** These groups and one more. @throws OptimizerError for numbers that the optimizer has not got. */
  with(match: GroupMatch, given: object, own: Numbers, options: Options<never>, who: string): Groups {
    if (typeof match !== 'string') checkFunction(match, `${who}.addGroup`);
    if (!isPlainObject(given)) {
      throw new OptimizerError(`${who}.addGroup takes numbers by name`, {
        path: who,
        expected: `{ ${Object.keys(own).join(', ')} }`,
        received: shownValue(given),
      });
    }
    const { learnRate, ...numbers } = checked(given, own, options, who);
    const base = own['learnRate'] as number;
    const share = learnRate === undefined ? undefined : (learnRate as number) / base;
    if (share !== undefined && !Number.isFinite(share)) {
      throw new OptimizerError(`${who}: a group has its rate in proportion to the optimizer's, which is 0`, {
        path: who,
        hint: 'Set learnRate first',
      });
    }
    const picks = typeof match === 'string' ? (path: string) => path === match || path.startsWith(`${match}.`) : match;
    return new Groups([...this.#groups, { picks, numbers, share }]);
  }

  /** What of them is saved, for these parameters. */
  stateOf(parameters: Iterable<[path: string, variable: Variable]>): GroupState[] {
    const all = [...parameters];
    return this.#groups.map(({ picks, numbers, share }) => ({
      parameters: all.filter(([path, variable]) => picks(path, variable)).map(([path]) => path),
      numbers,
      ...(share !== undefined && { share }),
    }));
  }

  /** The groups that were saved of a module with these parameters. @throws OptimizerError for what `stateOf` does not return. */
  static from(
    saved: unknown,
    known: { parameters: ReadonlyMap<string, Variable>; own: Numbers; options: Options<never> },
    who: string,
  ): Groups {
    const { own, options } = known;
    const isGroup = (group: unknown): group is GroupState => {
      const { parameters, numbers, share = 1 } = (group ?? {}) as Partial<GroupState>;
      const arePaths = Array.isArray(parameters) && parameters.every((path) => typeof path === 'string');
      return arePaths && isPlainObject(numbers) && Number.isFinite(share) && share >= 0;
    };
    if (!Array.isArray(saved) || !saved.every(isGroup)) {
      throw new OptimizerError(`${who} cannot go on from this state: its groups are unreadable`, {
        path: who,
        expected: 'a list of { parameters, numbers, share }',
        received: shownValue(saved),
      });
    }
    return new Groups(
      saved.map(({ parameters, numbers, share }) => {
        const unknown = parameters.find((path) => !known.parameters.has(path));
        if (unknown !== undefined) {
          throw new OptimizerError(
            `${who} cannot go on from this state: ${unexpectedName(unknown, [...known.parameters.keys()])}`,
            { path: who, hint: 'Its groups are of a module with other parameters' },
          );
        }
        const paths = new Set(parameters);
        return { picks: (path) => paths.has(path), numbers: checked(numbers, own, options, who), share };
      }),
    );
  }

  /** What the optimizer's numbers are for a parameter; the last group that picks it has the word. */
  numbersOf(path: string, variable: Variable, own: Readonly<Numbers>): Readonly<Numbers> {
    const group = [...this.#groups].reverse().find(({ picks }) => picks(path, variable));
    if (!group) return own;
    const { numbers, share } = group;
    return { ...own, ...numbers, ...(share !== undefined && { learnRate: (own['learnRate'] as number) * share }) };
  }
}

/** Numbers that an optimizer has, each checked as its own. */
function checked(given: object, own: Numbers, options: Options<never>, who: string): Numbers {
  const entries = Object.entries(given).map(([name, value]) => {
    if (!Object.hasOwn(own, name)) {
      const near = nearestName(name, Object.keys(own));
      throw new OptimizerError(`${who} has no number "${name}"`, {
        path: who,
        expected: Object.keys(own).join(', '),
        received: name,
        ...(near && { hint: `Did you mean "${near}"?` }),
      });
    }
    return [name, options.check(name as never, value)] as const;
  });
  return Object.fromEntries(entries);
}
