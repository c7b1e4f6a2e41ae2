import { disposeSymbol } from '@tessera-nn/kernels';

/** What `register...Hook` gives: the way to take the hook off again, also by `using`. */
export interface HookHandle {
  /** Takes the hook off; from then on it is never called. A second call does nothing. */
  remove(): void;
  [disposeSymbol](): void;
}

/**
 * Functions that are called one after the other in the order of registration.
 *
 * A hook may add and remove hooks while it runs: what is added runs from the next time on, what is removed runs no more.
 */
export class HookList<Hook extends (...args: never[]) => unknown> {
  readonly #hooks = new Map<symbol, Hook>();

  get isEmpty(): boolean {
    return this.#hooks.size === 0;
  }

  add(hook: Hook): HookHandle {
    const id = Symbol('hook');
    this.#hooks.set(id, hook);
    const remove = () => void this.#hooks.delete(id);
    return { remove, [disposeSymbol]: remove };
  }

  /** The hooks that are registered now; one that is removed in the meantime is left out. */
  *[Symbol.iterator](): Iterator<Hook> {
    for (const [id, hook] of [...this.#hooks]) if (this.#hooks.has(id)) yield hook;
  }
}
