import { shownValue, ValueError } from '@tessera-nn/kernels';
import type { Storage } from '../memory/storage.js';
import type { Variable } from './variable.js';

let VariableClass: new (storage: Storage) => Variable;

/** Tells ops of the class, which they cannot import: its methods are ops. */
export function registerVariable(variableClass: typeof VariableClass): void {
  VariableClass = variableClass;
}

/** A new Variable over a storage; takes over one hold on it. */
export const newVariable = (storage: Storage): Variable => new VariableClass(storage);

/** @throws ValueError for operands of an op that are not Variables. */
export function checkVariables(values: readonly unknown[], op: string): asserts values is readonly Variable[] {
  const other = values.findIndex((value) => !(value instanceof VariableClass));
  if (other < 0) return;
  throw new ValueError(`${op} works on Variables`, {
    path: op,
    expected: 'a Variable',
    received: shownValue(values[other]),
    hint: 'new Variable(data) makes one of a number, an array or a tensor',
  });
}

/** @throws ValueError for what is not a list of Variables. */
export function checkVariableList(values: unknown, op: string): asserts values is readonly Variable[] {
  if (Array.isArray(values)) return checkVariables(values, op);
  throw new ValueError(`${op} works on a list of Variables`, {
    path: op,
    expected: 'an array of them',
    received: shownValue(values),
  });
}
