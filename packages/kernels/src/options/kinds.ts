import { Option, SecondName, type Rule } from './option.js';

/** Whatever a check accepts; `expected` says in messages what that is. */
export function kind<Value>(expected: string, accepts: (value: unknown) => boolean, error?: Rule['error']) {
  return new Option<Value>({ expected, accepts, ...(error ? { error } : {}) });
}

/** Whatever comes: what it is for checks it. */
export const anything = <Value>(): Option<Value> => kind('anything', () => true);

/** A second name of another option, as other frameworks have it; where both are given it is an error. */
export const nameOf = <Value>(name: string): SecondName<Value> => new SecondName<Value>(name);

/** A finite number. */
export const number = kind<number>('a finite number', Number.isFinite);

/** A finite number that is not below another. */
export const numberFrom = (least: number) =>
  kind<number>(`a finite number from ${least}`, (value) => Number.isFinite(value) && (value as number) >= least);

/** A finite number above another. */
export const numberAbove = (bound: number) =>
  kind<number>(`a finite number above ${bound}`, (value) => Number.isFinite(value) && (value as number) > bound);

/** A number between two others, or one of them. */
export const numberBetween = (least: number, most: number) =>
  kind<number>(
    `a number from ${least} to ${most}`,
    (value) => typeof value === 'number' && value >= least && value <= most,
  );

/** A whole number. */
export const whole = kind<number>('a whole number', Number.isInteger);

/** A whole number that is not below another. */
export const wholeFrom = (least: number) =>
  kind<number>(`a whole number from ${least}`, (value) => Number.isInteger(value) && (value as number) >= least);

/** How many there are of something: 1 or more. */
export const count = wholeFrom(1);

/** True or false. */
export const flag = kind<boolean>('true or false', (value) => typeof value === 'boolean');

/** A string. */
export const text = kind<string>('a string', (value) => typeof value === 'string');

/** One of some words. */
export function oneOf<const Choice extends string>(...choices: readonly Choice[]): Option<Choice> {
  const expected = choices.length === 1 ? choices[0]! : `one of ${choices.join(', ')}`;
  return new Option<Choice>({ expected, accepts: (value) => choices.includes(value as Choice), choices });
}

/** One number for both axes of images, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

/** A Pair of whole numbers that are not below another. */
export function pairFrom(least: number): Option<Pair> {
  const fits = (value: unknown) => Number.isInteger(value) && (value as number) >= least;
  return kind(
    `a whole number from ${least}, or two of them`,
    (value) => fits(value) || (Array.isArray(value) && value.length === 2 && value.every(fits)),
  );
}

/** A list of what another option takes; `what` says of what, in the plural. */
export function listOf<Value>(item: Option<Value>, what: string, least = 0): Option<readonly Value[]> {
  const fits = (value: readonly unknown[]) => value.length >= least && value.every((part) => item.accepts(part));
  return kind(`a list of ${what}`, (value) => Array.isArray(value) && fits(value));
}

/** A function; of what, is the caller's word. */
export function callback<Call extends (...args: never[]) => unknown>(): Option<Call> {
  return kind('a function', (value) => typeof value === 'function');
}

/** An object with the methods that are called of it. */
export function objectWith<Value extends object>(what: string, ...methods: readonly (keyof Value & string)[]) {
  const has = (value: object) => methods.every((method) => typeof (value as Value)[method] === 'function');
  return kind<Value>(what, (value) => typeof value === 'object' && value !== null && has(value));
}

/** What ends something that takes long. */
export const abortSignal = objectWith<AbortSignal>('an AbortSignal', 'throwIfAborted', 'addEventListener');
