import {
  ContainerError,
  Module,
  moduleBlueprints,
  nearestName,
  TesseraError,
  type Blueprint,
  type Dtype,
  type ModuleOptions,
  type Slots,
} from '@tessera/core';

/** A module in its container. Its own name is never changed: the key is how this container calls it. */
export interface Entry {
  readonly key: string;
  readonly module: Module;
}

/** A module that holds others by name. */
export abstract class Container extends Module {
  readonly #entries: Entry[] = [];

  constructor(options: ModuleOptions | string = {}) {
    super(typeof options === 'string' ? { name: options } : options);
  }

  /** What it holds, in the order of execution. */
  protected get entries(): Entry[] {
    return this.#entries;
  }

  /** How many modules it holds. */
  get length(): number {
    return this.entries.length;
  }

  protected override *slots(): Slots {
    for (const { key, module } of this.entries) yield [key, module];
    yield* super.slots(); // the fields of a subclass
  }

  /** Its modules check what they are given. */
  protected override get dtypes(): readonly Dtype[] {
    return ['float32', 'int32', 'bool'];
  }

  *[Symbol.iterator](): Iterator<Module> {
    for (const { module } of this.entries) yield module;
  }

  /** The module of that name, in here or in a container below; undefined when there is none. */
  getByName(name: string): Module | undefined {
    const own = this.entries.find(({ key }) => key === name)?.module;
    if (own) return own;
    for (const { module } of this.entries) {
      const below = module instanceof Container ? module.getByName(name) : undefined;
      if (below) return below;
    }
    return undefined;
  }

  /** All modules of a class, in the order of execution, also in containers below. */
  getAllByType<T extends Module>(type: abstract new (...args: never[]) => T): T[] {
    return [...this.modules()].filter((module): module is T => module instanceof type && (module as Module) !== this);
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
  protected keyFor(module: Module): string {
    const taken = new Set(this.entries.map(({ key }) => key));
    if (module.name !== undefined) {
      if (module.name.includes('.') || module.name === '') {
        throw new ContainerError(`${this.label}: "${module.name}" cannot be a name`, {
          path: this.path,
          expected: 'a name without dots, which separate the parts of a path, and not an empty one',
          received: `"${module.name}"`,
        });
      }
      if (!taken.has(module.name)) return module.name;
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
    const near = nearestName(name, known);
    throw new ContainerError(`${this.label} holds no module "${name}"`, {
      path: this.path,
      expected: known.length ? `one of ${known.join(', ')}` : 'no name at all, it is empty',
      received: `"${name}"`,
      ...(near ? { hint: `Did you mean "${near}"?` } : {}),
    });
  }

  /** Runs a step of one module; what it throws says which module it was. */
  protected guarded<T>(index: number, step: () => T): T {
    try {
      return step();
    } catch (error) {
      const { key, module } = this.entries[index]!;
      const before = this.entries[index - 1];
      const neighbour = before ? `, after "${before.key}" (${describe(before.module)})` : '';
      const place = `${this.label}, module ${index} "${key}" (${describe(module)})${neighbour}`;
      if (error instanceof TesseraError) throw error.within(place);
      throw new ContainerError(`${place} failed: ${String(error)}`, { path: module.path, cause: error });
    }
  }
}

function describe(module: Module): string {
  const details = module instanceof Container ? `${module.length} modules` : module.extraRepr();
  return details ? `${module.className} ${details}` : module.className;
}
