import { ModuleError, option, optionsOf, type Given, type Values } from '@tessera-nn/kernels';
import { synchronous } from '../unwanted-promise.js';
import { Variable } from '../variable/variable.js';
import { membersOf, type MemberOrder, type Fields } from './members.js';
import type { AnyModule } from './module.js';

/** What a module can hold. */
export type Member = Variable | AnyModule;

const walkOptions = optionsOf('A walk', {
  /** Whether it goes into the modules below. Default true, for `children` false. */
  recursive: option.flag.optional,
  /** Put in front of every name, with a dot. Default none. */
  prefix: option.text.or(''),
  /** Default `definition`. */
  order: option.oneOf<MemberOrder>('definition', 'sorted').or('definition'),
});
/** How a walk over what a module holds goes. */
export type WalkOptions = Given<typeof walkOptions>;

/**
 * What a module holds, and how it is walked.
 *
 * Parameters, buffers and modules are found in fields, arrays, Maps and plain objects. Every walk gives each object once,
 * under the name that comes first; circles end where they close. In the order of definition a module's own Variables
 * come before what its children hold, as in PyTorch; `sorted` is MegEngine's. Walks are lazy: spread them into an array
 * before changing the module.
 */
export abstract class ModuleTree {
  /** What is looked through for members; a container adds what it holds elsewhere than in fields. */
  protected *fields(): Fields {
    yield* Object.entries(this);
  }

  /** The Variables and modules held directly, by key; one that is held twice comes under both keys. */
  members(order?: MemberOrder): Iterable<[string, Member]> {
    return membersOf(this.fields(), isMember, order);
  }

  /** The modules held directly, by key; with `recursive` everything below. */
  namedChildren(options?: WalkOptions): Iterable<[string, AnyModule]> {
    const { recursive = false, ...rest } = walkOptions.read(options);
    if (!recursive) return only(childrenOf(this, rest), isModule);
    return only(walk(this, rest), (member): member is AnyModule => isModule(member) && (member as ModuleTree) !== this);
  }
  /** The modules right below this one, each once. */
  children(options?: WalkOptions): Iterable<AnyModule> {
    return values(this.namedChildren(options));
  }

  /** This module, under the prefix itself, and everything below it with dotted paths, parents first. */
  namedModules(options?: WalkOptions): Iterable<[string, AnyModule]> {
    return only(walk(this, walkOptions.read(options)), isModule);
  }
  /** This module and every one in it, each once. */
  modules(options?: WalkOptions): Iterable<AnyModule> {
    return values(this.namedModules(options));
  }

  /** Parameters and buffers by dotted path. @throws ModuleError while sizes are missing: see `build`. */
  namedTensors(options?: WalkOptions): Iterable<[string, Variable]> {
    return tensorsIn(walk(this, walkOptions.read(options)));
  }
  /** Those that are there already, of whatever sizes are missing. */
  protected *tensorsSoFar(): Iterable<Variable> {
    for (const [, member] of walk(this, walkOptions.read())) if (isVariable(member)) yield member;
  }
  /** Every parameter and buffer, each once. */
  tensors(options?: WalkOptions): Iterable<Variable> {
    return values(this.namedTensors(options));
  }

  /** What is learned, frozen or not, by dotted path. */
  namedParameters(options?: WalkOptions): Iterable<[string, Variable]> {
    return only(this.namedTensors(options), (variable): variable is Variable => variable.isParameter);
  }
  /** What an optimizer trains, each once. */
  parameters(options?: WalkOptions): Iterable<Variable> {
    return values(this.namedParameters(options));
  }

  /** Tensors that are saved but not learned, by dotted path. */
  namedBuffers(options?: WalkOptions): Iterable<[string, Variable]> {
    return only(this.namedTensors(options), (variable): variable is Variable => !variable.isParameter);
  }
  /** What is saved but not trained, such as running statistics; each once. */
  buffers(options?: WalkOptions): Iterable<Variable> {
    return values(this.namedBuffers(options));
  }

  /**
   * Calls a function with this module and with everything below it, parents first, each once.
   *
   * It visits; to run a module use `forward`. Source: MegEngine's order; PyTorch visits children first.
   * @throws ModuleError when it is given something else than a function.
   */
  apply(visit: (module: AnyModule) => void): this {
    if (typeof visit !== 'function') {
      throw new ModuleError('apply() visits modules with a function', {
        path: 'apply',
        expected: 'a function of a module',
        received: visit === null ? 'null' : typeof visit,
        hint: 'To run the module on data, use forward(data)',
      });
    }
    for (const module of [...this.modules()]) {
      synchronous(visit(module) as unknown, 'apply() does not wait for a function', {
        kind: ModuleError,
        path: 'apply',
      });
    }
    return this;
  }

  /**
   * Every name that leads to each parameter, the one of the walks first: shared ones have several (PuzzleLib's).
   *
   * @throws ModuleError for modules in more than 100,000 places, as when modules hold one another twice over many levels.
   */
  getVarTable(prefix = ''): Map<Variable, string[]> {
    const table = new Map<Variable, string[]>();
    for (const [path, module] of everyModule(this as unknown as AnyModule, prefix)) {
      module.checkBuilt(path);
      for (const [key, member] of module.members()) {
        if (!(member instanceof Variable) || !member.isParameter) continue;
        table.set(member, [...(table.get(member) ?? []), join(path, key)]);
      }
    }
    return table;
  }
}

type Walk = Partial<Values<typeof walkOptions>> & Pick<Values<typeof walkOptions>, 'prefix' | 'order'>;

/** Entries of one kind, as they come. */
function* only<All extends Member, Kind extends All>(
  entries: Iterable<[string, All]>,
  is: (member: All) => member is Kind,
): Iterable<[string, Kind]> {
  for (const [path, member] of entries) if (is(member)) yield [path, member];
}

/** The Variables of a walk. @throws ModuleError for a module that has none yet. */
function* tensorsIn(entries: Iterable<[string, Member]>): Iterable<[string, Variable]> {
  for (const [path, member] of entries) {
    if (isModule(member)) member.checkBuilt(path);
    else yield [path, member];
  }
}

/** What a module holds itself, each object once. */
function* childrenOf(tree: ModuleTree, { prefix, order }: Walk): Iterable<[string, Member]> {
  const seen = new Set<Member>();
  for (const [key, member] of tree.members(order)) {
    if (seen.has(member)) continue;
    seen.add(member);
    yield [join(prefix, key), member];
  }
}

const isVariable = (member: Member): member is Variable => member instanceof Variable;

/** A module and what lies below it, each object once, a module before what it holds. */
function* walk(tree: ModuleTree, options: Walk, seen = new Set<Member>()): Iterable<[string, Member]> {
  const { prefix, recursive = true, order } = options;
  const module = tree as AnyModule;
  seen.add(module);
  yield [prefix, module];
  const members = [...module.members(order)];
  const ownFirst = [false, true].flatMap((below) => members.filter(([, member]) => isModule(member) === below));
  for (const [key, member] of order === 'sorted' ? members : ownFirst) {
    if (seen.has(member)) continue;
    const path = join(prefix, key);
    if (!isModule(member)) {
      seen.add(member);
      yield [path, member];
    } else if (recursive) {
      yield* walk(member, { prefix: path, order }, seen);
    }
  }
}

/** More places than any network has. Containers that hold one another twice make their number explode. */
const MAX_PLACES = 100_000;

/** Every path that leads to a module; one that lies in a circle is not entered again. @throws ModuleError without end. */
export function everyModule(net: AnyModule, prefix = ''): [string, AnyModule][] {
  const places: [string, AnyModule][] = [];
  const visit = (path: string, module: AnyModule, above: readonly AnyModule[]) => {
    if (above.includes(module)) return;
    if (places.length >= MAX_PLACES) {
      throw new ModuleError(`${net.label} holds modules in more than ${MAX_PLACES} places`, {
        path: net.path,
        hint: 'Its containers share modules that share modules; name each once',
      });
    }
    places.push([path, module]);
    for (const [key, child] of module.members()) {
      if (isModule(child)) visit(join(path, key), child, [...above, module]);
    }
  };
  visit(prefix, net, []);
  return places;
}

function* values<Member>(entries: Iterable<[string, Member]>): Iterable<Member> {
  for (const [, member] of entries) yield member;
}

/** A dotted path one step further down. */
export function join(prefix: string, key: string): string {
  return prefix ? `${prefix}.${key}` : key;
}

export const isModule = (value: unknown): value is AnyModule => value instanceof ModuleTree;
const isMember = (value: unknown): value is Member => value instanceof Variable || isModule(value);
