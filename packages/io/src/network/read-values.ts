import type { Variable } from '@tessera-nn/core';
import type { StoredTensor } from '../tensors/stored-tensor.js';

/** Reads Variables from the device, all at once. */
export async function readValues(variables: ReadonlyMap<string, Variable>): Promise<Map<string, StoredTensor>> {
  const entries = [...variables].map(async ([name, variable]): Promise<[string, StoredTensor]> => {
    return [name, { dtype: variable.dtype, shape: [...variable.shape], values: await variable.values() }];
  });
  return new Map(await Promise.all(entries));
}
