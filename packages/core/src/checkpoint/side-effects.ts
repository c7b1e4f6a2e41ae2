import type { Storage } from '../memory/storage.js';
import type { Variable } from '../variable/variable.js';

/** A random stream: what it draws next follows from its state. */
interface Stream<State = unknown> {
  state: State;
}

/** What an object was before it was changed: to be put back, or let go. */
export interface Memento {
  restore(): void;
  release(): void;
}

/** A module: it trains or not. */
interface Switched {
  restoreMode(training: boolean): void;
}

/**
 * What a piece of work touched beside its arguments, each as it was before: Variables that were read or got other values,
 * random streams that were drawn from, modules that were asked for their mode.
 *
 * With it the work can be done once more as it was done the first time, whatever happened in between. Everything is noted
 * when it is touched, so it makes no difference whether a function reaches a module by a field or by a closure.
 */
export class SideEffects {
  readonly #read = new Set<Variable>();
  /** What Variables showed before; undefined where they were released. */
  readonly #values = new Map<Variable, Storage | undefined>();
  readonly #streams = new Map<Stream, unknown>();
  readonly #modes = new Map<Switched, boolean>();
  /** Of objects that hold more than Variables, such as optimizers. */
  readonly #mementos = new Map<object, Memento>();
  #outer: SideEffects | undefined;

  /** Runs work and notes what it touches. */
  watch<T>(work: () => T): T {
    this.#outer = watching;
    watching = this; // eslint-disable-line @typescript-eslint/no-this-alias -- the innermost of several
    try {
      return work();
    } finally {
      watching = this.#outer;
      this.#outer = undefined;
    }
  }

  /** The Variables that were read, also those that the work made itself. */
  get read(): ReadonlySet<Variable> {
    return this.#read;
  }

  noteRead(variable: Variable): void {
    this.#read.add(variable);
    this.#outer?.noteRead(variable);
  }

  noteChange(variable: Variable, before: Storage | undefined): void {
    if (!this.#values.has(variable)) this.#values.set(variable, before?.retain());
    this.#outer?.noteChange(variable, before);
  }

  noteDraw(stream: Stream): void {
    if (!this.#streams.has(stream)) this.#streams.set(stream, stream.state);
    this.#outer?.noteDraw(stream);
  }

  noteMode(module: Switched, training: boolean): void {
    if (!this.#modes.has(module)) this.#modes.set(module, training);
    this.#outer?.noteMode(module, training);
  }

  noteState(owner: object, before: () => Memento): void {
    if (!this.#mementos.has(owner)) this.#mementos.set(owner, before());
    this.#outer?.noteState(owner, before);
  }

  /** Holds on to what these Variables showed before the work, and to no others; returns what it holds, to be released. */
  hold(variables: Iterable<Variable>): Storage[] {
    const wanted = new Set(variables);
    for (const [variable, before] of this.#values) {
      if (wanted.has(variable)) continue;
      before?.release();
      this.#values.delete(variable);
    }
    for (const variable of wanted) {
      if (!this.#values.has(variable)) this.#values.set(variable, variable.storage.retain());
    }
    this.#read.clear();
    return [...this.#values.values()].filter((storage) => storage !== undefined);
  }

  /** Holds on to nothing. */
  forget(): void {
    this.hold([]);
    for (const memento of this.#mementos.values()) memento.release();
    this.#mementos.clear();
  }

  /** Makes everything as the work found it, for doing it again; Variables that were released since show their values. */
  restore(): void {
    for (const [variable, before] of this.#values) show(variable, before);
    this.#restoreStreamsAndModes();
  }

  /** Makes everything as the work found it, for leaving no trace of it. */
  undo(): void {
    for (const [variable, before] of this.#values) {
      if (!variable.released) show(variable, before);
      before?.release();
    }
    this.#values.clear();
    for (const memento of this.#mementos.values()) memento.restore();
    this.#mementos.clear();
    this.#restoreStreamsAndModes();
  }

  #restoreStreamsAndModes(): void {
    for (const [stream, state] of this.#streams) stream.state = state;
    for (const [module, training] of this.#modes) module.restoreMode(training);
  }
}

function show(variable: Variable, storage: Storage | undefined): void {
  if (!variable.released && variable.storage === storage) return;
  if (storage) variable.replaceStorage(storage.retain());
  else variable.releaseMemory();
}

let watching: SideEffects | undefined;

/** What notes the side effects of the work that runs now, where somebody wants to know them. */
export function watchedSideEffects(): SideEffects | undefined {
  return watching;
}

/** Runs work and puts back what it changed, also when it throws. */
export function undoing<T>(work: (sideEffects: SideEffects) => T): T {
  const sideEffects = new SideEffects();
  try {
    return sideEffects.watch(() => work(sideEffects));
  } finally {
    sideEffects.undo();
  }
}

/** Work that was done and can still be taken back. It holds on to what was there before until one of the two is called. */
export interface Attempt<T> {
  readonly result: T;
  /** What was there before is let go. */
  commit(): void;
  /** Everything is as it was before: values of Variables, random streams, modes, optimizers, costs. */
  undo(): void;
}

/** Runs work so that it can be taken back; when it throws, it is. The newest attempt is taken back first. */
export function attempt<T>(work: () => T): Attempt<T> {
  const sideEffects = new SideEffects();
  try {
    const result = sideEffects.watch(work);
    return { result, commit: () => sideEffects.forget(), undo: () => sideEffects.undo() };
  } catch (error) {
    sideEffects.undo();
    throw error;
  }
}

/** Runs work; when it throws, what it changed is put back. */
export function allOrNothing<T>(work: () => T): T {
  const done = attempt(work);
  done.commit();
  return done.result;
}

/** Tells whoever may take back the work that runs now what an object was before it changes. */
export function noteState(owner: object, before: () => Memento): void {
  watching?.noteState(owner, before);
}
