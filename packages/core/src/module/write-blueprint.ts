import { Variable } from '../variable/variable.js';
import { join } from './module-tree.js';
import type { Blueprint } from './blueprint.js';
import type { AnyModule } from './module.js';

/** The blueprint that is being written: where each module in it came first, and where the writing stands. */
let writing: { places: Map<AnyModule, string>; path: string } | undefined;

/**
 * The blueprints of what a container holds. A module that came before in the same blueprint is written as a reference to
 * that place, so that it comes back as one module. To be called once for a container, with all it holds.
 */
export function moduleBlueprints(
  owner: AnyModule,
  entries: Iterable<readonly [string, AnyModule]>,
): Record<string, Blueprint> {
  const outer = writing;
  writing ??= { places: new Map([[owner, '']]), path: '' };
  const { places, path } = writing;
  try {
    const written: [string, Blueprint][] = [];
    for (const [key, module] of entries) {
      const place = join(path, key);
      const sameAs = places.get(module);
      if (sameAs !== undefined) {
        written.push([key, { className: module.className, options: {}, sameAs }]);
        continue;
      }
      places.set(module, place);
      writing.path = place;
      written.push([key, module.getBlueprint()]);
    }
    return Object.fromEntries(written);
  } finally {
    writing = outer;
  }
}

/** For each further name of a Variable that several modules hold, the name it has first. Only the outermost tells. */
export function sharedNames(module: AnyModule): Record<string, string> | undefined {
  if (writing) return undefined;
  const first = new Map<Variable, string>();
  const shared: [string, string][] = [];
  for (const [path, part] of module.namedModules()) {
    for (const [key, member] of part.members()) {
      if (!(member instanceof Variable)) continue;
      const name = join(path, key);
      const before = first.get(member);
      if (before === undefined) first.set(member, name);
      else shared.push([name, before]);
    }
  }
  return shared.length > 0 ? Object.fromEntries(shared) : undefined;
}

/** Options without those that were not given. */
export const withoutUndefined = (options: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
