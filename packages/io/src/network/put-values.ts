import { Variable, type AnyModule, type Dtype } from '@tessera-nn/core';
import { whole } from '@tessera-nn/core/internal';
import type { HostValues } from './convert.js';

/** A buffer that a module was given by `setAttr`, and does not have when it is built. */
export interface AddedBuffer {
  readonly module: AnyModule;
  readonly key: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly values: HostValues;
}

/** Whether a buffer can be added to a module under a key. */
export const isFreeKey = (module: AnyModule, key: string): boolean =>
  key !== '' && !key.includes('.') && !(key in module);

/** Puts checked values into Variables and modules: all are in device memory before the first of them changes. */
export function putValues(values: ReadonlyMap<Variable, HostValues>, added: readonly AddedBuffer[] = []): void {
  const made = whole(() => ({
    replacements: [...values].map(([old, array]) => {
      return [old, new Variable(array, { shape: old.shape, dtype: old.dtype })] as const;
    }),
    buffers: added.map(({ module, key, values: array, shape, dtype }) => {
      return [module, key, new Variable(array, { shape, dtype })] as const;
    }),
  }));
  for (const [old, replacement] of made.replacements) {
    old.set(replacement);
    replacement.dispose();
  }
  for (const [module, key, buffer] of made.buffers) module.setAttr(key, buffer);
}
