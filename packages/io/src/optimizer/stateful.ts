import { OptimizerError, TesseraError, type AnyModule } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';

/** An optimizer's numbers and its state for each parameter, as `stateDict` returns them. */
export interface StateOfOptimizer {
  className: string;
  /** Steps made. */
  t: number;
  attrs: Record<string, number>;
  /** By the parameter's path, then by the name of the state. */
  states: Record<string, Record<string, ValuesOfState>>;
  /** Parameters with numbers of their own. */
  groups?: readonly GroupOfOptimizer[];
  /** What hooks remember, by name. */
  hooks?: readonly Readonly<Record<string, ValuesOfState>>[];
}

/** One array. */
export interface ValuesOfState {
  shape: readonly number[];
  values: Float32Array;
}

/** Parameters with numbers of their own, and a rate in proportion to the optimizer's. */
export interface GroupOfOptimizer {
  readonly parameters: readonly string[];
  readonly numbers: Readonly<Record<string, number | boolean>>;
  readonly share?: number | undefined;
}

/** What is saved and loaded of an optimizer: every one of `@tessera-nn/optim` is such a thing. */
export interface StatefulOptimizer {
  /** Steps made. */
  readonly t: number;
  /** What it trains. */
  readonly module: AnyModule | undefined;
  stateDict(): Promise<StateOfOptimizer>;
  loadStateDict(state: StateOfOptimizer): void;
}

/** @throws OptimizerError for anything else, and before `setupOn`. */
export function checkOptimizer(
  optimizer: unknown,
  who: string,
): asserts optimizer is StatefulOptimizer & { module: AnyModule } {
  const given = optimizer as Partial<StatefulOptimizer> | null | undefined;
  if (typeof given?.t !== 'number' || typeof given.stateDict !== 'function') {
    throw new OptimizerError(`${who} takes an optimizer first`, {
      path: who,
      expected: 'an optimizer',
      received: shownValue(given),
      hint: `${who}(optimizer, file)`,
    });
  }
  if (given.module) return;
  throw new OptimizerError(`${who}: the optimizer does not know what it trains`, {
    path: who,
    hint: 'Call setupOn(net) once before',
  });
}

/** Loads a state that came from a file, in two phases; what is wrong with it names the file. */
export function loadState(optimizer: StatefulOptimizer, state: StateOfOptimizer, source: string): void {
  try {
    optimizer.loadStateDict(state);
  } catch (error) {
    throw error instanceof TesseraError ? error.within(source) : error;
  }
}
