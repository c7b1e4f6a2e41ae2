import { DataError, fromBlueprint, randomStream, TesseraError, type Blueprint, type Module } from '@tessera/core';
import type { ModuleClass } from '@tessera/core';
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
  try {
    return fromBlueprint(blueprint, knownClasses(modules));
  } catch (cause) {
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
