import {
  BackendError,
  currentBackend,
  DtypeError,
  initialise,
  initscheme,
  option,
  parameter,
  type InitScheme,
  type Values,
  type Options,
  type Variable,
} from '@tessera-nn/core';
import { filled, isPlainObject } from '@tessera-nn/core/internal';
import { slopeConstraints, type SlopeConstraint } from './slope-constraint.js';
import type { SlopePenaltyOptions } from './slope-penalty.op.js';

/** A number for all slopes, Keras' names for 0 and 1, or an initialisation scheme. */
export type SlopeInit = number | 'zeros' | 'ones' | Exclude<InitScheme, null | undefined>;

const firstSlope = option.kind<SlopeInit>(
  'a finite number, or the name of a scheme',
  (value) => Number.isFinite(value) || initscheme.accepts(value),
);

/** The first slopes: 0.25, as He et al. 2015, PuzzleLib, PyTorch and MegEngine have it. */
export const init = firstSlope.or(0.25);

/** Where slopes lie, and what they are made of. */
export const placement = {
  /** The backend that runs, where it is named at all. */
  device: option
    .kind<string>('the backend that was started', (name) => name === currentBackend(), BackendError)
    .or(null),
  /** The number type of the slopes. There is one: float32. */
  dtype: option.kind<'float32'>('float32', (name) => name === 'float32', DtypeError).or(null),
};

/** What both classes know. The names of Keras keep their meaning, but axes are those of `[batch, maps, ...]`. */
export const slopeOptions = {
  /** The axis the slopes lie along; negative ones count from the end. Default 1, the maps. */
  axis: option.whole.or(1),
  /** The shape of one sample, without the batch: gives every element its own slope. In place of a count. */
  shape: option.listOf(option.count, 'sizes').or(null),
  /** With `shape`: axes of the input (the batch is axis 0) along which the slopes are shared; they may have any size. */
  sharedAxes: option.listOf(option.whole, 'axes').or(null),
  /** Keras' name for `init`. Keras itself starts with `zeros`. */
  alphaInitializer: option.nameOf<SlopeInit>('init'),
  /** Applied to the slopes after each update; `nonNeg` makes negative ones 0. Default none. */
  alphaConstraint: option.oneOf(...(Object.keys(slopeConstraints) as SlopeConstraint[])).or(null),
  /** Adds l1 sum |slope| + l2 sum slope^2 to the loss, by its gradient, once for each use in a graph. Default none. */
  alphaRegularizer: option.kind<SlopePenaltyOptions>('{ l1, l2 }', isPlainObject).or(null),
};

type SlopeValues = Values<Options<typeof slopeOptions & { init: typeof init }>>;

const namedSlopes: Record<string, number> = { zeros: 0, ones: 1 };

/** The parameter that holds the slopes. They do not decay. */
export function learnedSlopes(
  name: string,
  shape: readonly number[],
  { init, alphaConstraint }: SlopeValues,
): Variable {
  const start = typeof init === 'string' ? (namedSlopes[init] ?? init) : init;
  const values = typeof start === 'number' ? filled(shape, start) : initialise(shape, { scheme: start as InitScheme });
  const slopes = parameter(values, { shape, name });
  if (alphaConstraint) slopes.constraint = slopeConstraints[alphaConstraint];
  return slopes;
}
