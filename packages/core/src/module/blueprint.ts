import { ModuleError, nearestName } from '@tessera/kernels';
import type { Blueprint, Module } from './module.js';

/** A class that blueprints can name: built from one options object, or for containers from options and modules. */
export interface ModuleClass {
  readonly className: string;
  /** Containers put the rebuilt modules in themselves. */
  fromModules?(options: Record<string, unknown>, modules: Record<string, Module>): Module;
  new (options: never): Module;
}

/**
 * Rebuilds a module from its blueprint with freshly initialised weights.
 *
 * @param classes every class the blueprint may name, one's own included.
 * @throws ModuleError when it names another class, with the known ones and the nearest spelling.
 */
export function fromBlueprint(blueprint: Blueprint, classes: readonly ModuleClass[]): Module {
  const known = new Map(classes.map((moduleClass) => [moduleClass.className, moduleClass]));
  const found = known.get(blueprint.className);
  if (!found) {
    const near = nearestName(blueprint.className, [...known.keys()]);
    throw new ModuleError(`The blueprint names the unknown class "${blueprint.className}"`, {
      path: 'fromBlueprint',
      expected: `one of ${[...known.keys()].join(', ')}`,
      received: `"${blueprint.className}"`,
      hint: near ? `Did you mean "${near}"?` : 'Pass the class in the list of classes',
    });
  }
  if (!blueprint.modules) return new found(blueprint.options as never);
  const modules = Object.entries(blueprint.modules).map(([name, inner]) => [name, fromBlueprint(inner, classes)]);
  if (!found.fromModules) {
    throw new ModuleError(`"${blueprint.className}" holds modules in the blueprint but is no container`, {
      path: 'fromBlueprint',
      hint: 'Give the class a static fromModules(options, modules)',
    });
  }
  return found.fromModules(blueprint.options, Object.fromEntries(modules) as Record<string, Module>);
}
