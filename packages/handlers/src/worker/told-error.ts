import {
  AutogradError,
  BackendError,
  ContainerError,
  CostError,
  DataError,
  DtypeError,
  ModuleError,
  OptimizerError,
  ReleasedError,
  ShapeError,
  TesseraError,
  ValueError,
} from '@tessera-nn/core';
import { DivergenceError } from '../divergence.js';

/** What errors can be again on the other side; others become a TesseraError, or an Error, of their name. */
const kinds = [
  ...[AutogradError, BackendError, ContainerError, CostError, DataError, DivergenceError, DtypeError, ModuleError],
  ...[OptimizerError, ReleasedError, ShapeError, TesseraError, ValueError],
  ...[RangeError, ReferenceError, SyntaxError, TypeError],
];
const prototypes = new Map<string, Error>(kinds.map(({ prototype }) => [prototype.name, prototype]));

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

/** The error that was told: of its kind, with its fields, and with the stack of where it was thrown. */
export function toldError({ name, isOurs, message, stack, cause, fields }: ToldError): Error {
  const error = new Error(message, cause && { cause: toldError(cause) });
  Object.setPrototypeOf(error, prototypes.get(name) ?? (isOurs ? TesseraError : Error).prototype);
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, fields);
}

/** Whether it is text and numbers, or a record of them. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol';
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
}
