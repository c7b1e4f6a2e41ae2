import type { Storage } from '../memory/storage.js';
import type { Variable } from './variable.js';

/**
 * A new Variable over a storage; takes over one hold on it. For ops, which cannot import the class: its methods are ops. The
 * class registers itself here.
 */
export let newVariable: (storage: Storage) => Variable;

export function registerVariable(create: typeof newVariable): void {
  newVariable = create;
}
