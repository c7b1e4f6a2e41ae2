import { option, ModuleError, type AnyModule } from '@tessera-nn/core';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { Problems } from './problems.js';

export const finiteOptions = {
  /** Writes NaN and infinities too. Default false: a network that diverged must not replace one that works. */
  allowNonFinite: option.flag.or(false),
};

/** @throws ModuleError naming the parameters and buffers that hold NaN or an infinity. */
export function checkFinite(net: AnyModule, tensors: ReadonlyMap<string, StoredTensor>): void {
  const found = nonFinite(tensors);
  if (found === undefined) return;
  throw new ModuleError(`${net.label} is not saved, for its training diverged: ${found}`, {
    path: net.path,
    expected: 'finite numbers',
    hint: 'Load the last checkpoint; to write it all the same, pass allowNonFinite: true',
  });
}

/** Which tensors hold NaN or an infinity, and where; undefined where none does. */
export function nonFinite(tensors: ReadonlyMap<string, StoredTensor>): string | undefined {
  const problems = new Problems();
  for (const [name, { values }] of tensors) {
    if (!(values instanceof Float32Array)) continue;
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) problems.add(() => `"${name}" holds ${values[at]} at ${at}`);
  }
  return problems.count === 0 ? undefined : String(problems);
}
