import { TesseraError } from '@tessera-nn/core';
import { namedErrors } from '@tessera-nn/core/internal';

/** An error as it goes through a port, which knows none but the language's own. */
export interface ToldError {
  readonly name: string;
  /** Whether it is one of ours, or of somebody who extends them. */
  readonly isOurs: boolean;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: ToldError | undefined;
  /** Its own fields, as `path` and `hint`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export function tellError(thrown: unknown): ToldError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack, cause } = error;
  const fields = Object.fromEntries(Object.entries(error).filter(([, value]) => isPlain(value)));
  const isOurs = error instanceof TesseraError;
  return { name, isOurs, message, stack, cause: cause === undefined ? undefined : tellError(cause), fields };
}

/**
 * The error that was told: of its kind, with its fields, and with the stack of where it was thrown. Where there is no class of
 * its name it is a TesseraError, or an Error, of that name.
 */
export function toldError({ name, isOurs, message, stack, cause, fields }: ToldError): Error {
  const error = new Error(message, cause && { cause: toldError(cause) });
  Object.setPrototypeOf(error, prototypeOf(name, isOurs));
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, fields);
}

function prototypeOf(name: string, isOurs: boolean): Error {
  const ofLanguage = (Reflect.get(globalThis, name) as { prototype?: unknown } | undefined)?.prototype;
  if (isOurs) return namedErrors.get(name) ?? TesseraError.prototype;
  return ofLanguage instanceof Error ? ofLanguage : Error.prototype;
}

/** Whether it is text and numbers, or a record of them. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol';
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
}
