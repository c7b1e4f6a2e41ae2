import * as containers from '@tessera-nn/containers';
import * as core from '@tessera-nn/core';
import * as modules from '@tessera-nn/modules';

/** The classes that a file may name: those of this framework and the caller's, which come first. */
export function knownClasses(own: readonly core.ModuleClass[] = []): core.ModuleClass[] {
  const ours = [core, modules, containers].flatMap((face) => Object.values<unknown>(face)).filter(isModuleClass);
  const taken = new Set(own.map(({ className }) => className));
  return [...own, ...ours.filter(({ className }) => !taken.has(className))];
}

/** Abstract classes have no name of their own, but for the one at the root of all. */
function isModuleClass(value: unknown): value is core.ModuleClass {
  return typeof value === 'function' && Object.hasOwn(value, 'className') && value !== core.Module;
}
