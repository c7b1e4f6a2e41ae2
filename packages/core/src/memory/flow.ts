import { nodeModule } from '@tessera-nn/kernels/internal';

/** Node's AsyncLocalStorage, named here because the package has no Node types: it also runs in pages. */
interface FlowStorage<State> {
  run<T>(state: State, work: () => T): T;
  getStore(): State | undefined;
}

/**
 * A state that an asynchronous flow takes along over its awaits, apart from other flows. Node can tell flows apart, pages
 * cannot: there, no flow has a state.
 */
export class FlowState<State> {
  readonly #storage: FlowStorage<State> | undefined;

  constructor() {
    const hooks = nodeModule<{ AsyncLocalStorage: new () => FlowStorage<State> }>('node:async_hooks');
    if (hooks) this.#storage = new hooks.AsyncLocalStorage();
  }

  /** That of the flow that runs now. */
  get current(): State | undefined {
    return this.#storage?.getStore();
  }

  /** Runs work whose flow, and what it starts, has a state of its own. */
  run<T>(state: State, work: () => T): T {
    return this.#storage ? this.#storage.run(state, work) : work();
  }
}
