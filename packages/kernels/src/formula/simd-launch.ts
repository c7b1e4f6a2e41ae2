import { stridesOf, walk, type Broadcast } from '../broadcast.js';
import { isShared } from '../wasm/companion.js';
import type { Formula } from './formula.js';
import { assemble, type Assembled } from './simd.js';

/** Where the inputs and results of a formula lie in the memory. */
interface Places {
  inputs: readonly number[];
  results: readonly number[];
}

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

  /** Computes all elements; inputs are repeated as the broadcast says. */
  run(memory: WebAssembly.Memory, broadcast: Broadcast, { inputs, results }: Places, params: readonly number[]): void {
    const { outer, strides, count, rows, steps, single } = this.#planFor(broadcast);
    const run = this.#functionFor(memory, single);
    let written = 0;
    walk(outer, strides, (places) => {
      const begins = inputs.flatMap((at, i) => [at + places[i]! * BYTES, steps[i]!]);
      run(count, rows, ...begins, ...results.map((at) => at + written * BYTES), ...params);
      written += count * rows;
    });
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
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
      functions.set(key, (assembled = exports['run'] as Assembled));
    }
    return assembled;
  }
}
