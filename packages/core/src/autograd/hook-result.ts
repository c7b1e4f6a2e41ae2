import { ModuleError } from '@tessera-nn/kernels';
import { isUnwantedPromise } from '../unwanted-promise.js';
import { VariableMethods } from '../variable/methods.js'; // of Variable itself there would be a cycle of imports
import type { Variable } from '../variable/variable.js';

/**
 * What a hook gave in place of its value, or undefined where it let it be.
 *
 * @throws ModuleError for anything but a Variable, null and undefined; a Promise would come too late.
 */
export function replacementFrom(returned: unknown, subject: string, path: string): Variable | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (returned instanceof VariableMethods) return returned as Variable;
  const isPromise = isUnwantedPromise(returned);
  throw new ModuleError(`${subject} cannot use what it returned`, {
    path,
    expected: 'a Variable in place of the value, or nothing',
    received: isPromise ? 'a Promise' : Array.isArray(returned) ? 'an array' : typeof returned,
    hint: isPromise
      ? 'Hooks run between two synchronous steps: keep what you need with detach().keep() and await it afterwards'
      : 'Wrap numbers in new Variable(...)',
  });
}
