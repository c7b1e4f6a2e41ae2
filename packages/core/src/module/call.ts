import type { AnyModule } from './module.js';

/**
 * One running call of a module; the chain of calls around it gives its dotted path.
 *
 * It outlives the call as the origin of what is in memory, and so must not keep the module alive: the module's weights
 * and its last output would never be found dead.
 */
export class ModuleCall {
  readonly #module: WeakRef<AnyModule>;
  readonly #className: string;

  constructor(
    module: AnyModule,
    readonly outer: ModuleCall | undefined,
  ) {
    this.#module = new WeakRef(module);
    this.#className = module.className;
  }

  /** Undefined when it was collected. */
  get module(): AnyModule | undefined {
    return this.#module.deref();
  }

  /** The module's path from the outermost module, as `net.block.conv2`; the class name where nothing has a name. */
  describe(): string {
    return this.#keys().join('.') || this.#className;
  }

  #keys(): string[] {
    const { module } = this;
    if (!this.outer) return module?.name === undefined ? [] : [module.name];
    for (const [key, child] of this.outer.module?.namedChildren() ?? []) {
      if (child === module) return [...this.outer.#keys(), key];
    }
    return [...this.outer.#keys(), module?.name ?? this.#className];
  }
}
