import * as containers from '@tessera/containers';
import type { ModuleClass } from '@tessera/core';
import * as modules from '@tessera/modules';

/** The classes that a file may name: those of this framework and the caller's, which come first. */
export function knownClasses(own: readonly ModuleClass[] = []): ModuleClass[] {
  const ours = [...Object.values<unknown>(modules), ...Object.values<unknown>(containers)].filter(isModuleClass);
  const taken = new Set(own.map(({ className }) => className));
  return [...own, ...ours.filter(({ className }) => !taken.has(className))];
}

/** Abstract classes have no name of their own. */
function isModuleClass(value: unknown): value is ModuleClass {
  return typeof value === 'function' && Object.hasOwn(value, 'className');
}
