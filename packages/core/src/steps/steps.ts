import type { ErrorDetails, Formula, TesseraError } from '@tessera-nn/kernels';
import type { Trace, TracedOp, TracedValue } from '../autograd/trace.js';
import type { Dtype } from '../variable/array-data.js';
import type { Variable } from '../variable/variable.js';
import { Difference, FIRST_BATCH, merged, SECOND_BATCH, type Size } from './size.js';

/** The error of a format for a network that it cannot hold. */
export type Refusal = new (message: string, details?: ErrorDetails) => TesseraError;

/** What goes from step to step. */
export interface Value {
  readonly shape: readonly Size[];
  readonly dtype: Dtype;
  /** What no step makes, as each of the runs had it: the same parameter twice, or two constants. */
  readonly leaves: readonly [Variable, Variable] | undefined;
}

/** An op of the network, for batches of any size. */
export interface Step {
  readonly name: string;
  readonly attrs: object;
  readonly formula: Formula | undefined;
  readonly inputs: readonly Value[];
  /** The inputs by their names, where they have some. */
  readonly named: Readonly<Record<string, Value | undefined>>;
  readonly results: readonly Value[];
  readonly path: string;
}

/** The steps of a network out of two runs with other batches, and other values in them. */
export class Steps {
  readonly steps: readonly Step[];
  readonly #values = new Map<TracedValue, { second: TracedValue; value: Value }>();

  /** @throws Refusal where the runs are not the same but for the batch. */
  constructor(
    first: Trace,
    second: Trace,
    private readonly Refusal: Refusal,
  ) {
    this.steps = first.ops.map((op, i) => {
      const other = second.ops[i];
      return this.#at(op.path, () => this.#step(op, other));
    });
    if (second.ops.length > first.ops.length) this.#refuse(second.ops[first.ops.length]!.path, 'one runs more ops');
  }

  /** What a value of the first run is, given that of the second. */
  valueOf(first: TracedValue, second: TracedValue): Value {
    return this.#at('', () => this.#value(first, second));
  }

  #step(op: TracedOp, other: TracedOp | undefined): Step {
    if (op.name !== other?.name || op.inputs.length !== other.inputs.length) {
      throw new Difference(`${op.name} runs in one, ${other?.name ?? 'nothing'} in the other`);
    }
    const inputs = op.inputs.map((value, i) => this.#value(value, other.inputs[i]!));
    return {
      name: op.name,
      formula: op.formula,
      attrs: merged(op.attrs, other.attrs) as object,
      inputs,
      named: Object.fromEntries(op.inputNames?.map((name, i) => [name, inputs[i]]) ?? []),
      results: op.results.map((value, i) => this.#value(value, other.results[i]!)),
      path: op.path,
    };
  }

  #value(first: TracedValue, second: TracedValue): Value {
    const known = this.#values.get(first);
    if (known) {
      if (known.second === second) return known.value;
      throw new Difference('an op reads other values');
    }
    const leaves = first.leaf && second.leaf ? ([first.leaf, second.leaf] as const) : undefined;
    const value = { shape: merged(first.shape, second.shape) as Size[], dtype: first.dtype, leaves };
    this.#values.set(first, { second, value });
    return value;
  }

  #at<T>(path: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof Difference) this.#refuse(path, error.message);
      throw error;
    }
  }

  #refuse(path: string, difference: string): never {
    throw new this.Refusal(
      `${path ? `"${path}"` : 'The network'} does not do the same for batches of ${FIRST_BATCH} and ${SECOND_BATCH}: ${difference}`,
      { path, hint: 'Pass { dynamicBatch: false } for a file that takes batches of one size' },
    );
  }
}
