import { nearestName, ValueError } from '../errors.js';
import { meantBy } from './foreign-names.js';
import { SecondName, type Option } from './option.js';
import { shownValue } from './shown-value.js';

/** Options by name. */
export type Declaration = Readonly<Record<string, Option<unknown, boolean>>>;

type ValueOf<Declared> = Declared extends Option<infer Value, boolean> ? Value : never;
type Omissible<D> = { [Name in keyof D]: D[Name] extends Option<unknown, true> ? Name : never }[keyof D];
type Flat<T> = { [Name in keyof T]: T[Name] };

/** What a caller may give: what has no preset and is not optional must be there. */
export type Given<O> =
  O extends Options<infer D>
    ? Flat<
        { [Name in keyof D as Exclude<Name, Omissible<D>>]: ValueOf<D[Name]> } & {
          [Name in keyof D as Extract<Name, Omissible<D>>]?: ValueOf<D[Name]> | undefined;
        }
      >
    : never;

/** What comes out of a declaration: under first names alone, and nothing is missing but what is optional. */
export type Values<O> =
  O extends Options<infer D>
    ? { [Name in keyof D as D[Name] extends SecondName<unknown> ? never : Name]: ValueOf<D[Name]> }
    : never;

/** Whose options they are, with the name of a module that is being made. */
interface Bearer {
  readonly label: string;
  readonly path: string;
}

const all: Options<Declaration>[] = [];

/** Every declaration that was made so far. */
export const declaredOptions = (): readonly Options<Declaration>[] => all;

/**
 * Declares the options of a class or a function, once: their names, what each may be, and what it is where nothing is
 * given. Types, checks, blueprints and printing follow from it.
 *
 * @param subject what has the options, as messages name it.
 * @param positional those that can also be given without names, in this order.
 * @param byName those that cannot.
 * @example
 * const options = optionsOf('Dropout', { p: option.numberBetween(0, 1).or(0.5), inplace: option.flag.or(false) });
 * type DropoutOptions = Given<typeof options>; // { p?: number; inplace?: boolean }
 * options.read({ p: 0.2 }); // { p: 0.2, inplace: false }
 * options.arguments([0.2]); // the same
 */
export function optionsOf<P extends Declaration, N extends Declaration = Record<never, never>>(
  subject: string,
  positional: P,
  byName?: N,
): Options<P & N> {
  if (typeof subject !== 'string' || !isPlainObject(positional) || (byName && !isPlainObject(byName))) {
    throw new ValueError('optionsOf takes a subject and the options of it', {
      path: 'optionsOf',
      expected: "'Dropout', { p: option.number.or(0.5), ... }",
      received: [subject, positional].map(shownValue).join(', '),
    });
  }
  const options = new Options<P & N>(subject, { ...positional, ...byName } as P & N, Object.keys(positional));
  all.push(options);
  return options;
}

/** The options of a class or a function; made by `optionsOf`. */
export class Options<D extends Declaration> {
  constructor(
    readonly subject: string,
    readonly declared: D,
    readonly positions: readonly string[],
  ) {}

  get names(): string[] {
    return Object.keys(this.declared);
  }

  /**
   * Options by name, checked, with presets in place of what is missing or undefined. Lists are copied.
   *
   * @param subject who has them, where that is not who declared them.
   * @throws ValueError for a name that is not declared, with the one that was meant, and for values that do not fit.
   */
  read(given: object = {}, subject = this.subject): Values<Options<D>> {
    if (!isPlainObject(given)) {
      throw new ValueError(`${subject}: options come by name, in an object`, {
        path: subject,
        expected: `{ ${this.names.join(', ')} }`,
        received: shownValue(given),
      });
    }
    const bearer = bearerOf(subject, Object.hasOwn(this.declared, 'name') ? own(given, 'name') : undefined);
    for (const name of Object.keys(given)) if (!Object.hasOwn(this.declared, name)) throw this.#unknown(bearer, name);
    const first = this.#firstNames(bearer, given as Readonly<Record<string, unknown>>);
    const values: Record<string, unknown> = {};
    for (const [name, option] of Object.entries(this.declared)) {
      if (option instanceof SecondName) continue;
      const value = own(first, name);
      values[name] = value === undefined && !option.required ? option.preset : fitting(bearer, name, option, value);
    }
    return values as Values<Options<D>>;
  }

  /**
   * The arguments of a call: options in their positions, in an object by name, or the first ones in their positions and
   * the others in an object behind them.
   *
   * @throws ValueError as `read` does, for more arguments than there are positions, and for what is given twice.
   */
  arguments(given: readonly unknown[], subject = this.subject): Values<Options<D>> {
    const last = given.at(-1);
    const place = this.positions[given.length - 1];
    const named = isPlainObject(last) && !(place !== undefined && this.declared[place]!.accepts(last)) ? last : {};
    const count = given.length - (named === last ? 1 : 0);
    if (count > this.positions.length) {
      throw new ValueError(`${subject} was given too many arguments`, {
        path: subject,
        expected: `${this.positions.join(', ') || 'none'}, in this order`,
        received: String(count),
        hint: 'Options behind these come by name, in an object',
      });
    }
    const positional = this.positions.slice(0, count).map((name, i) => [name, given[i]] as const);
    const twice = positional.find(([name]) => Object.hasOwn(named, name));
    if (twice) {
      throw new ValueError(`${subject}: ${twice[0]} is given twice`, {
        path: subject,
        expected: 'its position or its name',
      });
    }
    return this.read({ ...Object.fromEntries(positional), ...named }, subject);
  }

  /**
   * A value that one option is set to later.
   *
   * @param whose the name of what has the option, for messages.
   * @throws ValueError where the value does not fit.
   */
  check<Name extends keyof D & string>(name: Name, value: unknown, whose?: string): ValueOf<D[Name]> {
    const declared = this.declared[name]!;
    if (value === undefined && !declared.required && declared.preset === undefined) return value as ValueOf<D[Name]>;
    return fitting(bearerOf(this.subject, whose), name, declared, value) as ValueOf<D[Name]>;
  }

  /** `name=value` for each that is not its preset; as modules are printed. */
  changes(values: Readonly<Record<string, unknown>>): string[] {
    return Object.entries(values)
      .filter(([name, value]) => !same(value, this.declared[name]!.preset))
      .map(([name, value]) => `${name}=${shownValue(value)}`);
  }

  /** The same options without second names. */
  #firstNames(bearer: Bearer, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const second = Object.keys(given).filter((name) => this.declared[name] instanceof SecondName);
    if (second.length === 0) return given;
    const first = { ...given };
    for (const name of second) {
      const { of } = this.declared[name] as unknown as SecondName<unknown>;
      if (first[name] !== undefined && first[of] !== undefined) {
        throw new ValueError(`${bearer.label}: ${of} and ${name} are two names of one thing`, {
          path: bearer.path,
          expected: 'one of them',
          received: 'both',
        });
      }
      first[of] ??= first[name];
      delete first[name];
    }
    return first;
  }

  #unknown({ label, path }: Bearer, name: string): ValueError {
    const near = meantBy(name, this.names) ?? nearestName(name, this.names);
    return new ValueError(`${label} has no option "${name}"`, {
      path,
      ...(near ? { hint: `Did you mean "${near}"?` } : { expected: `one of ${this.names.join(', ')}` }),
    });
  }
}

function bearerOf(subject: string, name: unknown): Bearer {
  return typeof name === 'string' ? { label: `${subject} "${name}"`, path: name } : { label: subject, path: subject };
}

/** The value, if its option takes it; of a list a copy. */
function fitting({ label, path }: Bearer, name: string, option: Option<unknown, boolean>, value: unknown): unknown {
  if (value !== undefined && option.accepts(value)) return Array.isArray(value) ? [...(value as unknown[])] : value;
  const { expected, error = ValueError } = option.rule;
  throw new error(`${label}: ${name} ${value === undefined ? 'is missing' : 'does not fit'}`, {
    path,
    expected,
    received: shownValue(value),
  });
}

/** Not by `instanceof`, so that objects of other windows count. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const own = (given: object, name: string): unknown =>
  Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
const same = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.join() === b.join());
