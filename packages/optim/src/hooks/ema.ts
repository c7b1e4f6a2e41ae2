import {
  defineOp,
  noGrad,
  option,
  optionsOf,
  OptimizerError,
  scope,
  Variable,
  type AnyModule,
  type Given,
} from '@tessera-nn/core';
import { checkModule, sameShape, shapeText } from '@tessera-nn/core/internal';
import { defineElementwise, formula, runKernel } from '@tessera-nn/kernels';
import type { StateValues } from '../optimizer-state.js';
import { SavedRecords } from '../saved-records.js';
import type { Following, Hook } from './hook.js';

const { add, mul, sub } = formula;

const averageKernel = defineElementwise({
  name: 'EMA',
  inputs: ['average', 'w'],
  params: ['rest'],
  formula: ({ average, w, rest }) => add(average, mul(rest, sub(w, average))),
});

const averaged = defineOp({
  name: 'EMA',
  inputs: ['average', 'w'],
  layout: 'any',
  forward: (inputs, attrs: { rest: number }) => runKernel(averageKernel, inputs, attrs),
});

const options = optionsOf('EMA', {
  /** How slowly the average forgets, from 0 to 1. Default 0.999. */
  decay: option.numberBetween(0, 1).or(0.999),
});
/** How EMA averages. */
export type EMAOptions = Given<typeof options>;

/**
 * Averages of the weights over the steps, which often answer better than the weights themselves: average += (1 - decay)
 * (w - average) in each update, from the weights at the beginning.
 *
 * Buffers, such as those of batch norm, are not averaged. Sources: B. Polyak and A. Juditsky 1992; PyTorch's `get_ema_avg_fn`.
 *
 * @example
 * const ema = new EMA(net, { decay: 0.99 });
 * optimizer.addHook(ema);
 * ema.copyTo(teacher); // a network like net
 */
export class EMA implements Hook {
  readonly decay: number;
  readonly #averages = new Map<Variable, Variable>();
  readonly #paths = new Map<string, Variable>();

  constructor(module: AnyModule, given: EMAOptions = {}) {
    checkModule(module, 'EMA');
    this.decay = options.read(given).decay;
    for (const [path, variable] of module.namedParameters()) {
      const average = new Variable(variable.storage.retain()).keep();
      this.#averages.set(variable, average);
      this.#paths.set(path, average);
    }
  }

  followWeight(variable: Variable, weight: Variable): Following {
    const average = this.#averages.get(variable);
    if (!average) return { commit: () => undefined, drop: () => undefined };
    const next = noGrad(() => averaged({ average, w: weight }, { rest: 1 - this.decay })).keep();
    return {
      commit: () => {
        average.replaceStorage(next.storage.retain());
        next.dispose();
      },
      drop: () => next.dispose(),
    };
  }

  /** Puts the averages into the parameters of a module with the same paths. @throws OptimizerError where one differs; nothing is changed then. */
  copyTo(module: AnyModule): void {
    checkModule(module, 'EMA.copyTo');
    const targets = new Map(module.namedParameters());
    this.#check(new Map(Array.from(targets, ([path, { shape }]) => [path, shape])));
    for (const [path, average] of this.#paths) targets.get(path)!.set(average);
  }

  /** The averages by path, to continue a run elsewhere; JSON keeps them. */
  async stateDict(): Promise<Record<string, StateValues>> {
    const read = Array.from(this.#paths, async ([path, average]) => {
      const { shape } = average;
      return [path, { shape, values: (await average.values()) as Float32Array }] as const;
    });
    return Object.fromEntries(await Promise.all(read));
  }

  /** Continues where `stateDict` was taken. @throws OptimizerError naming what differs; nothing is changed then. */
  loadStateDict(state: Readonly<Record<string, StateValues>>): void {
    const saved = new SavedRecords('EMA');
    const arrays = saved.record(state, 'it', [...this.#paths.keys()], 'parameter');
    const checked = Array.from(this.#paths, ([path, average]) => {
      return [average, saved.array(arrays[path], `"${path}"`, average.shape)] as const;
    });
    scope(() => {
      const loaded = checked.map(
        ([average, values]) => [average, new Variable(values, { shape: average.shape })] as const,
      );
      for (const [average, values] of loaded) average.set(values);
    });
  }

  /** Frees the averages. */
  dispose(): void {
    for (const average of this.#paths.values()) average.dispose();
    this.#averages.clear();
    this.#paths.clear();
  }

  #check(shapes: ReadonlyMap<string, readonly number[]>): void {
    const paths = new Set([...shapes.keys(), ...this.#paths.keys()]);
    const wrong = [...paths].find((path) => !sameShape(shapes.get(path), this.#paths.get(path)?.shape ?? []));
    if (wrong === undefined) return;
    const [expected, received] = [this.#paths.get(wrong)?.shape, shapes.get(wrong)];
    throw new OptimizerError(`EMA: "${wrong}" of the module does not fit the averages`, {
      path: 'EMA',
      expected: expected ? shapeText(expected) : 'no such parameter',
      received: received ? shapeText(received) : 'none',
    });
  }
}
