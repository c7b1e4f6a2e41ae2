// What functions for users look at first: a value of another kind is refused by name, before something in it is missed.
import { DataError, ValueError } from '../errors.js';
import { isPlainObject } from './options.js';
import { shownValue } from './shown-value.js';

/** @throws ValueError for what is not a function. */
export function checkFunction(value: unknown, who: string): void {
  if (typeof value === 'function') return;
  throw new ValueError(`${who} takes a function first`, {
    path: who,
    expected: 'a function',
    received: shownValue(value),
  });
}

/**
 * The bytes of a file as a plain view of them: the `slice` of Node's Buffer shares its bytes, where others copy.
 *
 * @throws DataError for what is not bytes.
 */
export function plainBytes(value: unknown, who: string): Uint8Array {
  if (value instanceof Uint8Array) {
    const isPlain = Object.getPrototypeOf(value) === Uint8Array.prototype;
    return isPlain ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  throw new DataError(`${who} takes the bytes of a file`, {
    path: who,
    expected: 'a Uint8Array',
    received: shownValue(value),
  });
}

/** @throws ValueError for what cannot be walked through. */
export function checkList(value: unknown, who: string, what: string): asserts value is Iterable<unknown> {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return;
  throw new ValueError(`${who} takes ${what}`, { path: who, expected: 'a list', received: shownValue(value) });
}

/** @throws ValueError for what is not a list of numbers. */
export function checkNumbers(value: unknown, who: string, what: string): asserts value is readonly number[] {
  if (Array.isArray(value) && value.every((size) => typeof size === 'number')) return;
  throw new ValueError(`${who} takes ${what}`, {
    path: who,
    expected: 'a list of numbers',
    received: shownValue(value),
  });
}

/** @throws ValueError for what is not a number. */
export function checkNumber(value: unknown, who: string, what: string): asserts value is number {
  if (typeof value === 'number') return;
  throw new ValueError(`${who} takes ${what}`, { path: who, expected: 'a number', received: shownValue(value) });
}

/** @throws ValueError for what does not declare something: an object with certain entries. */
export function checkDefinition(value: unknown, who: string, entries: readonly string[]): void {
  if (isPlainObject(value) && entries.every((name) => (value as Record<string, unknown>)[name] !== undefined)) return;
  throw new ValueError(`${who} takes a definition`, {
    path: who,
    expected: `{ ${entries.join(', ')}, ... }`,
    received: shownValue(value),
  });
}
