import {
  ContainerError,
  Module,
  TesseraError,
  type AnyModule,
  type Blueprint,
  type Data,
  type Dtype,
  type Fields,
  type Variable,
} from '@tessera-nn/core';
import { checkFunction, didYouMean, moduleBlueprints } from '@tessera-nn/core/internal';

/** A module in its container. Its own name is never changed: the key is how this container calls it. */
export interface Entry {
  readonly key: string;
  readonly module: AnyModule;
}

/** How a container is taken apart; a wire is what flows between two nodes, and may be a list of wires. */
export interface Unrolling<Wire> {
  /** The wire behind a module of the container. */
  readonly place: (module: AnyModule, key: string, input: Wire) => Wire;
  /** An entry of the list that a wire is. */
  readonly entry: (list: Wire, slot: number) => Wire;
  /** Wires as one. */
  readonly list: (wires: readonly Wire[]) => Wire;
  readonly isList: (wire: Wire) => wire is Wire & readonly Wire[];
}

/** A module that holds others by name. */
export abstract class Container<Input extends Data = Variable, Output extends Data = Variable> extends Module<
  Input,
  Output
> {
  readonly #entries: Entry[] = [];

  /** What it holds, in the order of execution. */
  protected get entries(): Entry[] {
    return this.#entries;
  }

  /** How many modules it holds. */
  get length(): number {
    return this.entries.length;
  }

  protected override *fields(): Fields {
    for (const { key, module } of this.entries) {
      if (Object.hasOwn(this, key) && (this as Record<string, unknown>)[key] instanceof Module)
        refuseAssigned(this, key);
      yield [key, module];
    }
    yield* super.fields(); // the fields of a subclass
  }

  /** Its modules check what they are given. */
  protected override get dtypes(): readonly Dtype[] {
    return ['float32', 'int32', 'bool'];
  }

  /** Its modules do that, each when its turn comes. */
  protected override checkData(_data: Input): void {}

  *[Symbol.iterator](): Iterator<AnyModule> {
    for (const { module } of this.entries) yield module;
  }

  /**
   * The module of that name, in here or in a container below; undefined when there is none. The caller says of what class
   * it is, where that matters: `net.getByName<Linear>('fc')`.
   */
  getByName<Found extends AnyModule = Module>(name: string): Found | undefined {
    const own = this.entries.find(({ key }) => key === name)?.module;
    if (own) return own as Found;
    for (const { module } of this.entries) {
      const below = module instanceof Container ? module.getByName<Found>(name) : undefined;
      if (below) return below;
    }
    return undefined;
  }

  /** All modules of a class, in the order of execution, also in containers below. */
  getAllByType<T extends AnyModule>(type: abstract new (...args: never) => T): T[] {
    checkFunction(type, `${this.label}: getAllByType()`);
    return [...this.modules()].filter((module): module is T => module instanceof type && (module as unknown) !== this);
  }

  override getBlueprint(): Blueprint {
    const { options, ...rest } = super.getBlueprint();
    // Objects put keys such as "1" in front of all others, so that their order says nothing.
    const order = this.entries.map(({ key }) => key);
    const modules = moduleBlueprints(
      this,
      this.entries.map(({ key, module }) => [key, module]),
    );
    return { ...rest, options: { ...options, order }, modules };
  }

  protected override get defaultMomentum(): number {
    return 1;
  }

  /** A key for a new module: its own name, else its place, made unique. @throws ContainerError for dots in it. */
  protected keyFor(name: string | undefined, taken = new Set(this.entries.map(({ key }) => key))): string {
    if (name !== undefined) {
      if (name.includes('.') || name === '') {
        throw new ContainerError(`${this.label}: "${name}" cannot be a name`, {
          path: this.path,
          expected: 'a name without dots, which separate the parts of a path, and not an empty one',
          received: `"${name}"`,
        });
      }
      if (!taken.has(name)) return name;
    }
    let place = this.entries.length;
    while (taken.has(String(place))) place++;
    return String(place);
  }

  /** The place of a name. @throws ContainerError naming the nearest. */
  getModuleIndex(name: string): number {
    const index = this.entries.findIndex(({ key }) => key === name);
    if (index >= 0) return index;
    const known = this.entries.map(({ key }) => key);
    throw new ContainerError(`${this.label} holds no module "${name}"`, {
      path: this.path,
      expected: known.length ? `one of ${known.join(', ')}` : 'no name at all, it is empty',
      received: `"${name}"`,
      hint: didYouMean(name, known),
    });
  }

  /**
   * The wire behind its modules, each placed by `unrolling`, for graphs that are made of it; undefined where it is a node
   * as a whole. Only for what runs as its class does: a subclass that computes otherwise is not taken apart.
   */
  unrolled<Wire>(_input: Wire, _unrolling: Unrolling<Wire>): Wire | undefined {
    return undefined;
  }

  /** Runs a step of one module; what it throws says where in here that was. */
  protected guarded<T>(module: AnyModule, place: () => string, step: () => T): T {
    try {
      return step();
    } catch (error) {
      const where = `${this.label}, ${place()}`;
      if (error instanceof TesseraError) throw error.within(where);
      throw new ContainerError(`${where} failed: ${String(error)}`, { path: module.path, cause: error });
    }
  }
}

/** A module in a few words, as messages name it. */
export function describe(module: AnyModule): string {
  const details = module instanceof Container ? `${module.length} modules` : module.extraRepr();
  return details ? `${module.className} ${details}` : module.className;
}

/** What is assigned to a name of a module would be walked and never run. */
function refuseAssigned(container: AnyModule, key: string): never {
  throw new ContainerError(`${container.label}: a module was assigned to "${key}", where it has one already`, {
    path: container.path,
    hint: `Use replace('${key}', module) of a Sequential or Parallel`,
  });
}
