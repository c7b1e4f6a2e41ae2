import { Variable } from '@tessera-nn/core';
import type { HostValues } from './convert.js';

/** Puts checked values into Variables: all are in device memory before the first Variable changes. */
export function putValues(values: ReadonlyMap<Variable, HostValues>): void {
  const made: [Variable, Variable][] = [];
  try {
    for (const [variable, array] of values) {
      made.push([variable, new Variable(array, { shape: variable.shape, dtype: variable.dtype })]);
    }
    for (const [variable, replacement] of made) variable.set(replacement);
  } finally {
    for (const [, replacement] of made) replacement.dispose();
  }
}
