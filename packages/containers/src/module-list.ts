import {
  ContainerError,
  Module,
  Node,
  type AnyModule,
  type Data,
  type ModuleOptions,
  type Variable,
} from '@tessera-nn/core';
import { checkList, isPlainObject } from '@tessera-nn/core/internal';
import { Container, describe, type Entry } from './container.js';

/** Options a list of modules is rebuilt from: in `order`, as objects lose it. */
export type WrittenList = ModuleOptions & { order?: string[] };

/** Modules by the names that their container calls them by. */
export type NamedModules = Readonly<Record<string, AnyModule>>;

/** A container whose modules have places as well as names, and which is built up and taken apart by them. */
export abstract class ModuleList<Input extends Data = Variable, Output extends Data = Variable> extends Container<
  Input,
  Output
> {
  /** Takes a list of modules, or modules by name, and a name of its own; or modules one by one. */
  constructor(modules?: Iterable<AnyModule> | NamedModules | ModuleOptions | string, name?: string);
  constructor(...modules: AnyModule[]);
  constructor(...given: unknown[]) {
    const { options, modules } = contentsOf(given);
    super(options);
    for (const [key, module] of modules) this.#put(module, this.entries.length, key);
  }

  /** Takes over modules under the keys they had, in their order; for an empty list. */
  protected filledFrom(modules: Record<string, AnyModule>, order = Object.keys(modules)): this {
    for (const key of order) this.entries.push({ key, module: modules[key]! });
    return this;
  }

  // ---- building

  /**
   * Puts a module at the end. It is called by its own name, or by its place where it has none, or is here already.
   *
   * @throws ContainerError for a name that another module here has.
   */
  append(module: AnyModule): this {
    return this.insert(module, this.entries.length);
  }

  /** Appends several modules, in order. */
  extend(modules: Iterable<AnyModule>): this {
    checkList(modules, `${this.label}: extend()`, 'modules');
    for (const module of modules) this.append(module);
    return this;
  }

  /**
   * Puts a module at an index; the ones from there on move back.
   *
   * @throws ContainerError for an index that is none, for a module that does not fit between those around it, and for one
   *   that holds this container.
   */
  insert(module: AnyModule, index: number): this {
    return this.#put(module, index);
  }

  /**
   * Puts another module in the place of the one at an index or of a name; the name of the place stays.
   *
   * @throws ContainerError when there is none, or when the new one does not fit between those around it.
   */
  replace(where: number | string, module: AnyModule): this {
    const index = this.#indexOf(where);
    this.#check(module);
    this.#splice(index, 1, { key: this.entries[index]!.key, module });
    return this;
  }

  #put(module: AnyModule, index: number, name?: string): this {
    this.#check(module);
    if (!Number.isInteger(index) || index < 0 || index > this.entries.length) {
      throw new ContainerError(`${this.label}: there is no place ${index} to insert at`, {
        path: this.path,
        expected: `an index from 0 to ${this.entries.length}`,
        received: String(index),
      });
    }
    const own = name ?? module.name;
    this.#checkName(own, module);
    this.#splice(index, 0, { key: this.keyFor(own), module });
    return this;
  }

  /** Refuses a name under which another module is found here. */
  #checkName(name: string | undefined, module: AnyModule): void {
    const other = this.entries.find(({ key }) => key === name)?.module;
    if (!other || other === module) return;
    throw new ContainerError(`${this.label} has another module "${name}"`, {
      path: this.path,
      expected: 'a name of its own for each module, or none',
      received: `"${name}" for ${describe(other)} and for ${describe(module)}`,
      hint: 'Without a name, a module is called by its place',
    });
  }

  /** Refuses what cannot be put in here. */
  #check(module: AnyModule): void {
    if (!(module instanceof Module)) {
      throw new ContainerError(`${this.label} holds modules, and was given something else`, {
        path: this.path,
        expected: 'a module',
        received: (module as unknown) instanceof Node ? 'a node' : typeof module,
        hint: 'Nodes make a Graph: new Graph({ inputs, outputs })',
      });
    }
    if ([...module.modules()].includes(this)) {
      throw new ContainerError(`${this.label} cannot be put into itself`, { path: this.path });
    }
  }

  /** Puts a module behind the one of this name. @throws ContainerError when there is none. */
  insertAfter(module: AnyModule, name: string): this {
    return this.insert(module, this.getModuleIndex(name) + 1);
  }

  /**
   * Takes the last module off, or the one of a name.
   *
   * @throws ContainerError when there is none, or when the ones around it do not fit together.
   */
  pop<Taken extends AnyModule = Module>(name?: string): Taken {
    const index = name === undefined ? this.entries.length - 1 : this.getModuleIndex(name);
    const entry = this.entries[index];
    if (!entry) throw new ContainerError(`${this.label} is empty: nothing to take off`, { path: this.path });
    this.#splice(index, 1);
    return entry.module as Taken;
  }

  // ---- finding

  /**
   * The module at an index (negative from the end) or of a name. The caller says of what class it is, where that matters:
   * `net.at<Linear>(0)`.
   *
   * @throws ContainerError when there is none.
   */
  at<Found extends AnyModule = Module>(where: number | string): Found {
    return this.entries[this.#indexOf(where)]!.module as Found;
  }

  #indexOf(where: number | string): number {
    const index = typeof where === 'string' ? this.getModuleIndex(where) : where < 0 ? where + this.length : where;
    if (this.entries[index]) return index;
    throw new ContainerError(`${this.label} has no module ${where}`, {
      path: this.path,
      expected: this.length ? `an index from ${-this.length} to ${this.length - 1}` : 'nothing, it is empty',
      received: String(where),
    });
  }

  /** PuzzleLib's name of `at` with a number. */
  getByIndex<Found extends AnyModule = Module>(index: number): Found {
    return this.at<Found>(index);
  }

  /** How messages call the module at an index. */
  protected placeOf(index: number): string {
    const { key, module } = this.entries[index]!;
    return `module ${index} "${key}" (${describe(module)})`;
  }

  /** Looks at modules that are about to be its own. @throws ContainerError when they cannot stand beside each other. */
  protected checkNeighbours(_entries: readonly Entry[]): void {}

  #splice(start: number, count: number, ...added: Entry[]): void {
    const entries = [...this.entries];
    entries.splice(start, count, ...added);
    this.checkNeighbours(entries);
    this.entries.splice(start, count, ...added);
  }
}

/** What the arguments of the constructor say. */
function contentsOf(given: readonly unknown[]): {
  options: ModuleOptions | string;
  modules: Iterable<readonly [key: string | undefined, module: AnyModule]>;
} {
  const [first, second] = given;
  const name = second as string | undefined;
  const unnamed = (modules: Iterable<unknown>) =>
    [...modules].map((module) => [undefined, module as AnyModule] as const);
  if (first instanceof Module) return { options: {}, modules: unnamed(given) };
  if (isIterable(first)) return { options: { name }, modules: unnamed(first) };
  if (isPlainObject(first) && Object.values(first).some((value) => value instanceof Module))
    return { options: { name }, modules: Object.entries(first as NamedModules) };
  return { options: (first as ModuleOptions | string | undefined) ?? { name }, modules: [] };
}

function isIterable(value: unknown): value is Iterable<AnyModule> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
