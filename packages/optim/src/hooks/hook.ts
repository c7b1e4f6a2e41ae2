import type { Variable } from '@tessera-nn/core';
import type { StateValues } from '../optimizer-state.js';

/** A gradient that is about to be used, with whose it is. */
export interface GivenGrad {
  readonly variable: Variable;
  readonly grad: Variable;
}

/** Takes part in every update of an optimizer, such as `WeightDecay`. What it computes belongs to the step. */
export interface Hook {
  /** Looks at all gradients before the first is used, in one go. */
  beforeUpdate?(given: readonly GivenGrad[]): void;
  /** The gradient to use in place of `grad`, or `grad` itself. */
  changeGrad?(variable: Variable, grad: Variable): Variable;
  /** Computes with a new weight; what this returns puts it in place once the whole step has succeeded, and `drop` lets it go. */
  followWeight?(variable: Variable, weight: Variable): Following;
  /** What it remembers from step to step, by name, as it is at the moment of the call; saved with the optimizer. */
  stateDict?(): Promise<HookState>;
  /** Continues where `stateDict` was taken. @throws OptimizerError naming what differs; nothing is changed then. */
  loadStateDict?(state: HookState): void;
}

/** What a hook remembers. */
export type HookState = Readonly<Record<string, StateValues>>;

/** What a hook computed, for when it is known how the step ended. */
export interface Following {
  commit(): void;
  drop(): void;
}
