import {
  ContainerError,
  Module,
  Node,
  type AnyModule,
  type Data,
  type ModuleOptions,
  type Variable,
} from '@tessera-nn/core';
import { Container, describe, type Entry } from './container.js';

/** Options a list of modules is rebuilt from: in `order`, as objects lose it. */
export type WrittenList = ModuleOptions & { order?: string[] };

/** A container whose modules have places as well as names, and which is built up and taken apart by them. */
export abstract class ModuleList<Input extends Data = Variable, Output extends Data = Variable> extends Container<
  Input,
  Output
> {
  /** Takes an iterable of modules, or a name, or both. */
  constructor(modules?: Iterable<AnyModule> | ModuleOptions | string, name?: string) {
    const given = isIterable(modules) ? modules : [];
    super(isIterable(modules) ? { name } : (modules ?? { name }));
    this.extend(given);
  }

  /** Takes over modules under the keys they had, in their order; for an empty list. */
  protected filledFrom(modules: Record<string, AnyModule>, order = Object.keys(modules)): this {
    for (const key of order) this.entries.push({ key, module: modules[key]! });
    return this;
  }

  // ---- building

  /** Puts a module at the end. A name that is taken here gives way to its place; the module keeps its own name. */
  append(module: AnyModule): this {
    return this.insert(module, this.entries.length);
  }

  /** Appends several modules, in order. */
  extend(modules: Iterable<AnyModule>): this {
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
    if (!Number.isInteger(index) || index < 0 || index > this.entries.length) {
      throw new ContainerError(`${this.label}: there is no place ${index} to insert at`, {
        path: this.path,
        expected: `an index from 0 to ${this.entries.length}`,
        received: String(index),
      });
    }
    this.#splice(index, 0, { key: this.keyFor(module.name), module });
    return this;
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
    const index = typeof where === 'string' ? this.getModuleIndex(where) : where < 0 ? where + this.length : where;
    const entry = this.entries[index];
    if (entry) return entry.module as Found;
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

function isIterable(value: unknown): value is Iterable<AnyModule> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
