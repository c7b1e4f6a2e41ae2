import type { Formula } from '@tessera-nn/kernels';
import { currentFrame } from '../memory/frame.js';
import type { Storage } from '../memory/storage.js';
import type { Dtype } from '../variable/array-data.js';
import type { Variable } from '../variable/variable.js';

/** What goes from op to op. */
export interface TracedValue {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** The Variable that no op of the trace made: a given one, or the handle on a constant, which the caller disposes. */
  readonly leaf?: Variable;
}

/** An op that ran. */
export interface TracedOp {
  readonly name: string;
  readonly attrs: object;
  /** What it computes of each element, where it is a formula: of inputs by name, and of attributes. */
  readonly formula: Formula | undefined;
  readonly inputs: readonly TracedValue[];
  /** What the inputs are called, where they have names. */
  readonly inputNames: readonly string[] | undefined;
  readonly results: readonly TracedValue[];
  /** The dotted path of the module that it ran in; empty outside of any. */
  readonly path: string;
}

/** The ops of a piece of work in their order. */
export interface Trace {
  readonly ops: readonly TracedOp[];
  /** What a Variable is in the trace. */
  valueOf(variable: Variable): TracedValue;
  /** What was neither given nor made by an op. */
  readonly constants: readonly Variable[];
}

/** What an op says of itself. */
type Named = Pick<TracedOp, 'name'> & Partial<Pick<TracedOp, 'formula' | 'inputNames'>>;

/** Is told of each op when it has run. */
export type OpWatcher = (name: string, results: readonly Variable[]) => void;

class Tracer implements Trace {
  readonly ops: TracedOp[] = [];
  readonly constants: Variable[] = [];
  /** By what holds the values: a Variable may have several handles, and an op sees others than its maker returned. */
  readonly #stored = new Map<Storage, TracedValue>();
  /** Given ones once more by themselves, for parameters change their layout where an op wants another. */
  readonly #given = new Map<Variable, TracedValue>();

  constructor(
    given: Iterable<Variable>,
    private readonly watch?: OpWatcher,
  ) {
    for (const variable of given) this.#leaf(variable, variable);
  }

  valueOf(variable: Variable): TracedValue {
    const known = this.#stored.get(variable.storage) ?? this.#given.get(variable.leaf);
    if (known) return known;
    const constant = variable.detach().keep(); // the module that made it frees it when it is done
    this.constants.push(constant);
    return this.#leaf(variable, constant);
  }

  note({ name, formula, inputNames }: Named, attrs: object, inputs: TracedValue[], results: readonly Variable[]): void {
    const path = currentFrame()?.call?.describe() ?? '';
    const made = results.map(({ shape, dtype, storage }) => {
      const value = { shape, dtype };
      this.#stored.set(storage, value);
      return value;
    });
    this.ops.push({ name, formula, inputNames, attrs, inputs, results: made, path });
    this.watch?.(name, results);
  }

  #leaf(variable: Variable, leaf: Variable): TracedValue {
    const value = { shape: variable.shape, dtype: variable.dtype, leaf };
    this.#stored.set(variable.storage, value);
    this.#given.set(variable.leaf, value);
    return value;
  }
}

let current: Tracer | undefined;

/** The trace that is being made now. */
export const currentTrace = (): Tracer | undefined => current;

/**
 * Runs synchronous work and notes every op of it. `given` are the Variables that the caller knows: what the work reads
 * beside them, and no op has made, is a constant.
 */
export function traced<T>(work: () => T, given: Iterable<Variable>, watch?: OpWatcher): { result: T; trace: Trace } {
  const [outer, trace] = [current, new Tracer(given, watch)];
  current = trace;
  try {
    return { result: work(), trace };
  } catch (error) {
    for (const constant of trace.constants) constant.dispose();
    throw error;
  } finally {
    current = outer;
  }
}
