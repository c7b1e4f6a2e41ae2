import { ContainerError, type Module, type ModuleOptions, type Variable } from '@tessera/core';
import { Container, type Entry } from './container.js';

/**
 * Runs modules one after the other, each on the output of the one before; empty, it gives its input.
 *
 * An error of a module says at which index it was, under which name, and what came before it. A module that works in
 * place is refused behind one whose gradient needs its output.
 *
 * Shapes: those of the modules. Source: PuzzleLib's `Sequential`.
 *
 * @example
 * const net = new Sequential('net').extend([new Conv2D(1, 8, 3), new Activation('relu'), new Flatten()]);
 * net.setVar('0.b', new Variable([0, 0, 0, 0, 0, 0, 0, 0]));
 */
export class Sequential extends Container {
  static override readonly className: string = 'Sequential';

  /** Takes an iterable of modules, or a name, or both. */
  constructor(modules?: Iterable<Module> | ModuleOptions | string, name?: string) {
    const given = isIterable(modules) ? modules : [];
    super(isIterable(modules) ? { name } : (modules ?? { name }));
    this.extend(given);
  }

  static fromModules(options: ModuleOptions & { order?: string[] }, modules: Record<string, Module>): Sequential {
    const { order = Object.keys(modules), ...rest } = options;
    const net = new Sequential(rest);
    for (const key of order) net.entries.push({ key, module: modules[key]! });
    return net;
  }

  override get inplace(): boolean {
    return this.entries.find(({ module }) => !module.movesData)?.module.inplace ?? false;
  }

  override get gradUsesOutData(): boolean {
    return [...this.entries].reverse().find(({ module }) => !module.movesData)?.module.gradUsesOutData ?? false;
  }

  override get movesData(): boolean {
    return this.entries.every(({ module }) => module.movesData);
  }

  // ---- building

  /** Puts a module at the end. A name that is taken here gives way to its place; the module keeps its own name. */
  append(module: Module): this {
    return this.insert(module, this.entries.length);
  }

  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /**
   * Puts a module at an index; the ones from there on move back.
   *
   * @throws ContainerError for an index that is none, for a module that works in place on what a gradient needs, and for
   *   one that holds this container.
   */
  insert(module: Module, index: number): this {
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
    this.#splice(index, 0, { key: this.keyFor(module), module });
    return this;
  }

  insertAfter(module: Module, name: string): this {
    return this.insert(module, this.getModuleIndex(name) + 1);
  }

  /**
   * Takes the last module off, or the one of a name.
   *
   * @throws ContainerError when there is none, or when the ones around it do not fit together.
   */
  pop(name?: string): Module {
    const index = name === undefined ? this.entries.length - 1 : this.getModuleIndex(name);
    const entry = this.entries[index];
    if (!entry) throw new ContainerError(`${this.label} is empty: nothing to take off`, { path: this.path });
    this.#splice(index, 1);
    return entry.module;
  }

  // ---- finding

  /** The module at an index (negative from the end) or of a name. @throws ContainerError when there is none. */
  at(where: number | string): Module {
    const index = typeof where === 'string' ? this.getModuleIndex(where) : where < 0 ? where + this.length : where;
    const entry = this.entries[index];
    if (entry) return entry.module;
    throw new ContainerError(`${this.label} has no module ${where}`, {
      path: this.path,
      expected: this.length ? `an index from ${-this.length} to ${this.length - 1}` : 'nothing, it is empty',
      received: String(where),
    });
  }

  getByIndex(index: number): Module {
    return this.at(index);
  }

  /** A new Sequential over the modules from `start` to before `stop`; they are shared, not copied. */
  slice(start = 0, stop = this.length): Sequential {
    const part = new Sequential(this.name === undefined ? {} : { name: this.name });
    part.entries.push(...this.entries.slice(start, stop));
    return part;
  }

  // ---- running

  override dataShapeFrom(shape: readonly number[]): number[] {
    let current = [...shape];
    for (const [index, { module }] of this.entries.entries()) {
      current = this.guarded(index, () => module.dataShapeFrom(current));
    }
    return current;
  }

  protected override checkDataType(): void {
    // Its first module does that.
  }

  protected override checkDataShape(): void {
    // Each module does that when its turn comes.
  }

  protected override updateData(data: Variable): Variable {
    let current = data;
    for (const [index, { module }] of this.entries.entries()) {
      const next = this.guarded(index, () => module.forward(current));
      // What only lay between two modules can go, unless a hook keeps it; the tape holds on to what the gradient needs.
      if (current !== data && !current.kept) current.dispose();
      current = next;
    }
    return current;
  }

  #splice(start: number, count: number, ...added: Entry[]): void {
    const entries = [...this.entries];
    entries.splice(start, count, ...added);
    this.#refuseDestroyedOutputs(entries);
    this.entries.splice(start, count, ...added);
  }

  /** Refuses a module that would write over the output of one before it whose gradient is computed from it. */
  #refuseDestroyedOutputs(entries: readonly Entry[]): void {
    let maker: Entry | undefined;
    for (const entry of entries) {
      if (entry.module.inplace && maker?.module.gradUsesOutData) this.#refusePair(maker, entry);
      if (!entry.module.movesData) maker = entry;
    }
  }

  #refusePair(maker: Entry, writer: Entry): never {
    throw new ContainerError(
      `${this.label}: "${writer.key}" (${writer.module.className}) works in place on the output of "${maker.key}" ` +
        `(${maker.module.className}), whose gradient is computed from it`,
      { path: this.path, hint: `Build "${writer.key}" with inplace: false` },
    );
  }
}

function isIterable(value: unknown): value is Iterable<Module> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
