import { stridesOf, eachIndex, type Broadcast } from '../broadcast.js';
import { isShared } from '../wasm/companion.js';
import type { Formula } from './formula.js';
import { assemble, imports, type Assembled } from './simd.js';

/** How a broadcast is walked: calls over the outer axes, of rows of elements. */
interface Plan {
  outer: readonly number[];
  strides: readonly (readonly number[])[];
  count: number;
  rows: number;
  /** Bytes from row to row of each input. */
  steps: readonly number[];
  /** Which inputs have one value in a row, as text. */
  single: string;
}

const BYTES = 4;

/** Formulas as functions on the memory of wasm backends, each assembled once for each way in which inputs are repeated. */
export class SimdLauncher {
  readonly #plans = new WeakMap<Broadcast, Plan>();
  readonly #assembled = new WeakMap<WebAssembly.Memory, Map<string, Assembled>>();

  constructor(
    private readonly formulas: readonly Formula[],
    private readonly inputs: readonly string[],
    private readonly params: readonly string[],
  ) {}

  /**
   * Computes all elements; inputs are repeated as the broadcast says.
   *
   * @param at where each input begins in the memory.
   * @param results where each result begins.
   */
  run(
    memory: WebAssembly.Memory,
    broadcast: Broadcast,
    at: Readonly<Record<string, number>>,
    results: readonly number[],
    params: Readonly<Record<string, number>>,
  ): void {
    const plan = this.#planFor(broadcast);
    const run = this.#functionFor(memory, plan.single);
    let written = 0;
    eachIndex(plan.outer, plan.strides, (places) => {
      run(...this.#argumentsFor(plan, places, written, at, results, params));
      written += plan.count * plan.rows;
    });
  }

  #argumentsFor(
    { count, rows, steps }: Plan,
    places: readonly number[],
    written: number,
    at: Readonly<Record<string, number>>,
    results: readonly number[],
    params: Readonly<Record<string, number>>,
  ): Parameters<Assembled> {
    const all: Parameters<Assembled> = [count, rows];
    for (let i = 0; i < this.inputs.length; i++) all.push(at[this.inputs[i]!]! + places[i]! * BYTES, steps[i]!);
    for (const result of results) all.push(result + written * BYTES);
    for (const param of this.params) all.push(params[param]!);
    return all;
  }

  #planFor(broadcast: Broadcast): Plan {
    let plan = this.#plans.get(broadcast);
    if (!plan) {
      const { lengths } = broadcast;
      const strides = stridesOf(broadcast);
      plan = {
        outer: lengths.slice(0, -2),
        strides,
        count: lengths.at(-1) ?? 1,
        rows: lengths.at(-2) ?? 1,
        steps: strides.map((own) => (own.at(-2) ?? 0) * BYTES),
        single: strides.map((own) => own.at(-1) === 0).join(),
      };
      this.#plans.set(broadcast, plan);
    }
    return plan;
  }

  #functionFor(memory: WebAssembly.Memory, key: string): Assembled {
    let functions = this.#assembled.get(memory);
    if (!functions) this.#assembled.set(memory, (functions = new Map<string, Assembled>()));
    let assembled = functions.get(key);
    if (!assembled) {
      const { formulas: results, inputs, params } = this;
      const single = key.split(',').map((flag) => flag === 'true');
      const bytes = assemble({ results, inputs, params, single }, isShared(memory));
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports(memory));
      functions.set(key, (assembled = exports['run'] as Assembled));
    }
    return assembled;
  }
}
