import { stridesOf, walk, type Broadcast } from '../broadcast.js';
import { isShared } from '../wasm/companion.js';
import type { Formula } from './formula.js';
import { assemble, type Assembled } from './simd.js';

/** Where the inputs and results of a formula lie in the memory. */
interface Places {
  inputs: readonly number[];
  results: readonly number[];
}

const BYTES = 4;

/** Formulas as functions on the memory of wasm backends, each assembled once for each way in which inputs are repeated. */
export class SimdLauncher {
  readonly #assembled = new WeakMap<WebAssembly.Memory, Map<string, Assembled>>();

  constructor(
    private readonly formulas: readonly Formula[],
    private readonly inputs: readonly string[],
    private readonly params: readonly string[],
  ) {}

  /** Computes all elements; inputs are repeated as the broadcast says. */
  run(memory: WebAssembly.Memory, broadcast: Broadcast, { inputs, results }: Places, params: readonly number[]): void {
    const { lengths } = broadcast;
    const strides = stridesOf(broadcast);
    const [count = 1, rows = 1] = [lengths.at(-1), lengths.at(-2)];
    const single = strides.map((own) => own.at(-1) === 0);
    const run = this.#functionFor(memory, single);
    const steps = strides.map((own) => (own.at(-2) ?? 0) * BYTES);
    let written = 0;
    walk(lengths.slice(0, -2), strides, (places) => {
      const begins = inputs.flatMap((at, i) => [at + places[i]! * BYTES, steps[i]!]);
      run(count, rows, ...begins, ...results.map((at) => at + written * BYTES), ...params);
      written += count * rows;
    });
  }

  #functionFor(memory: WebAssembly.Memory, single: readonly boolean[]): Assembled {
    let functions = this.#assembled.get(memory);
    if (!functions) this.#assembled.set(memory, (functions = new Map<string, Assembled>()));
    const key = single.join();
    let assembled = functions.get(key);
    if (!assembled) {
      const { formulas: results, inputs, params } = this;
      const bytes = assemble({ results, inputs, params, single }, isShared(memory));
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
      functions.set(key, (assembled = exports['run'] as Assembled));
    }
    return assembled;
  }
}
