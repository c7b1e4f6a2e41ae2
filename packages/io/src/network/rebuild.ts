import {
  DataError,
  fromBlueprint,
  randomStream,
  TesseraError,
  type Blueprint,
  type AnyModule,
  type ModuleClass,
} from '@tessera-nn/core';
import { knownClasses } from './known-classes.js';

export interface RebuildOptions {
  /** Classes of the caller's own. */
  readonly modules?: readonly ModuleClass[] | undefined;
  /** What errors call the file. */
  readonly source: string;
  /** How many values the file has for the network. A short blueprint can ask for a very large one. */
  readonly limit: number;
}

/** Values that a network may have beyond twice those of the file: a module with one more parameter is told its name. */
const SLACK = 2 ** 16;

/**
 * Builds a network from the blueprint of a file, and takes no number from the shared random stream for it: its first
 * weights are replaced at once.
 *
 * @throws ModuleError for a class that is neither this framework's nor among `modules`, DataError for options that make no
 *   module, or many more values than the file has.
 */
export function rebuild(blueprint: Blueprint, { modules, source, limit }: RebuildOptions): AnyModule {
  const stream = randomStream();
  const { state } = stream;
  const built: AnyModule[] = [];
  let values = 0;
  const note = (module: AnyModule) => {
    built.push(module);
    for (const { size } of module.tensors()) values += size;
    if (values <= 2 * limit + SLACK) return;
    throw new DataError(`${source} describes a larger network than it has values for`, {
      path: source,
      expected: `about ${limit} values`,
      received: `${values} and more`,
      hint: 'It was changed after it was saved, or a class of yours was',
    });
  };
  try {
    return fromBlueprint(
      blueprint,
      knownClasses(modules).map((moduleClass) => noting(moduleClass, note)),
    );
  } catch (cause) {
    for (const module of built) module.dispose();
    if (cause instanceof TesseraError) throw cause.path === source ? cause : cause.within(source);
    throw new DataError(`${source} holds a blueprint that cannot be built`, {
      path: source,
      received: String(cause),
      cause,
    });
  } finally {
    stream.state = state;
  }
}

/** A class that says what is built of it: where a later module fails, the earlier ones must not stay in memory. */
function noting(moduleClass: ModuleClass, note: (module: AnyModule) => void): ModuleClass {
  return new Proxy(moduleClass, {
    construct(target, options) {
      const module = Reflect.construct(target, options) as AnyModule;
      note(module);
      return module;
    },
  });
}
