import {
  DataError,
  fromBlueprint,
  randomStream,
  TesseraError,
  type Blueprint,
  type Module,
  type ModuleClass,
} from '@tessera/core';
import { knownClasses } from './known-classes.js';

/**
 * Builds a network from the blueprint of a file, and takes no number from the shared random stream for it: its first
 * weights are replaced at once.
 *
 * @throws ModuleError for a class that is neither this framework's nor among `modules`, DataError for options that make no
 *   module.
 */
export function rebuild(blueprint: Blueprint, modules: readonly ModuleClass[] | undefined, source: string): Module {
  const stream = randomStream();
  const { state } = stream;
  const built: Module[] = [];
  try {
    return fromBlueprint(
      blueprint,
      knownClasses(modules).map((moduleClass) => noting(moduleClass, built)),
    );
  } catch (cause) {
    for (const module of built) module.dispose();
    if (cause instanceof TesseraError) throw cause.within(source);
    throw new DataError(`${source} holds a blueprint that cannot be built`, {
      path: source,
      received: String(cause),
      cause,
    });
  } finally {
    stream.state = state;
  }
}

/** A class that adds what is built of it to a list: where a later module fails, the earlier ones must not stay in memory. */
function noting(moduleClass: ModuleClass, built: Module[]): ModuleClass {
  return new Proxy(moduleClass, {
    construct(target, options) {
      const module = Reflect.construct(target, options) as Module;
      built.push(module);
      return module;
    },
  });
}
