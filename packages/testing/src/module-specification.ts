import type { AnyModule, ModuleClass, TesseraError } from '@tessera-nn/core';
import type { Tolerance } from './close.js';
import type { Draw, Regime } from './draw.js';
import type { Nd } from './nd.js';
import type { Nds } from './nds.js';

/** Parameters and buffers by dotted path, in float64. */
export type Tensors = Record<string, Nd>;

export interface ModuleCase<M extends AnyModule, X extends Nds = Nd> {
  title: string;
  make: () => M;
  /** Of the input; for a module that takes a list, the list of shapes. */
  shape: X extends Nd ? readonly number[] : readonly (readonly number[])[];
  /** The inputs, when random ones of all signs will not do. */
  input?: (shape: readonly number[]) => X;
}

export interface Refusal<M extends AnyModule> {
  title: string;
  make: () => M;
  run?: (module: M) => unknown;
  type: abstract new (...args: never[]) => TesseraError;
  /** Everything the message must say. */
  says: readonly (string | RegExp)[];
}

export interface ModuleSpecification<M extends AnyModule, X extends Nds = Nd, Y extends Nds = Nd> {
  /** Every class that the module's blueprint names. */
  classes: readonly ModuleClass[];
  /** The forward pass in float64 (of and to lists, where the module has them), of the input and the parameters and buffers as they were before it. */
  reference: (x: X, tensors: Tensors, module: M) => Y;
  cases: readonly ModuleCase<M, X>[];
  /** A shape of another batch (and other spatial sizes, where the module takes them) for the first case. */
  otherShape: ModuleCase<M, X>['shape'];
  /** Inputs at which there is no derivative, here or for this module's options; the gradient checks stay away from them. */
  kinks?: readonly number[] | ((module: M) => readonly number[]);
  /** Whether infinities, NaN, signed zeros and very large and small numbers must come out as in the reference. */
  specials?: boolean;
  /**
   * The gradient of the input in float64, for that of the output, asked at special values only: where differences say
   * nothing. Without it the gradient must not depend on the values at all, as where they are only moved or added.
   */
  gradient?: (x: X, g: Y, tensors: Tensors, module: M) => X;
  /** That one kernel computes the gradients of input and parameters at once: without that of the input it runs as well. */
  gradientsAtOnce?: boolean;
  /** A configuration drawn at random, with its shape. Default: one of the cases, with other numbers. */
  draw?: (draw: Draw) => Pick<ModuleCase<M, X>, 'make' | 'shape' | 'input'>;
  /** The kinds of numbers that are drawn for it. Default: all. */
  regimes?: readonly Regime[];
  refuses?: readonly Refusal<M>[];
  tolerance?: Tolerance;
}

/** The inputs that the gradient checks stay away from, for a module. */
export function kinksOf<M extends AnyModule>(
  { kinks = [] }: Pick<ModuleSpecification<M>, 'kinks'>,
  module: M,
): readonly number[] {
  return typeof kinks === 'function' ? kinks(module) : kinks;
}
