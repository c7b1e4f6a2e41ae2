import type { Module } from './module.js';

/** One running call of a module; the chain of calls around it gives its dotted path. */
export class ModuleCall {
  constructor(
    readonly module: Module,
    readonly outer: ModuleCall | undefined,
  ) {}

  /** The module's path from the outermost module, as `net.block.conv2`; the class name where nothing has a name. */
  describe(): string {
    return this.#keys().join('.') || this.module.className;
  }

  #keys(): string[] {
    if (!this.outer) return this.module.name === undefined ? [] : [this.module.name];
    for (const [key, child] of this.outer.module.namedChildren()) {
      if (child === this.module) return [...this.outer.#keys(), key];
    }
    return [...this.outer.#keys(), this.module.name ?? this.module.className];
  }
}
