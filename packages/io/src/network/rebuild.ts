import {
  DataError,
  fromBlueprint,
  option,
  randomStream,
  TesseraError,
  type Blueprint,
  type AnyModule,
  type ModuleClass,
} from '@tessera-nn/core';
import { whole, withBudget } from '@tessera-nn/core/internal';
import { knownClasses } from './known-classes.js';

/** What `load` and `rebuildHdf5` may be told of the network. */
export const networkOptions = {
  /** Classes of one's own that the network holds; those of this framework are known. */
  modules: option.listOf(
    option.kind<ModuleClass>('a class of modules', (value) => typeof value === 'function'),
    'classes of modules',
  ).optional,
  /** How many values the network may have. Default: twice those of the file; a short file can ask for a very large network. */
  maxValues: option.numberBetween(0, Infinity).optional,
};

interface Rebuilding {
  /** Classes of the caller's own. */
  readonly modules?: readonly ModuleClass[] | undefined;
  /** What errors call the file. */
  readonly source: string;
  /** How many values the network may have. A short blueprint can ask for a very large one. */
  readonly limit: number;
}

/** Values that a network may have beyond twice those of the file: a module with one more parameter is told its name. */
const SLACK = 2 ** 16;
/** Whatever a file says of shared and packed values, it may ask for so many, */
const MODEST = 2 ** 24;
/** or for so many times its bytes. */
const PER_BYTE = 8;

/** How many values a network may have for which a file of so many bytes has so many. */
export function valueLimit(values: number, bytes: number): number {
  return Math.min(2 * values + SLACK, Math.max(MODEST, PER_BYTE * bytes));
}

/**
 * Builds a network from the blueprint of a file, and takes no number from the shared random stream for it: its first
 * weights are replaced at once. What it asks for is counted before it is allocated.
 *
 * @throws ModuleError for a class that is neither this framework's nor among `modules`, DataError for options that make no
 *   module, or more values than the limit. Nothing is left in memory then.
 */
export function rebuild(blueprint: Blueprint, { modules, source, limit }: Rebuilding): AnyModule {
  const stream = randomStream();
  const { state } = stream;
  const refuse = (wanted: number): never => {
    throw new DataError(`${source} describes a larger network than it has values for`, {
      path: source,
      expected: `at most ${limit} values`,
      received: `${wanted} and more`,
      hint: 'Where you trust it, pass maxValues; else it was changed after it was saved, or a class of yours was',
    });
  };
  try {
    return withBudget(limit, refuse, () => whole(() => fromBlueprint(blueprint, knownClasses(modules))));
  } catch (cause) {
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
