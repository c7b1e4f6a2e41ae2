import { didYouMean, option, optionsOf, sizeOf, ValueError, type Given } from '@tessera-nn/kernels';
import { checkList } from '@tessera-nn/kernels/internal';
import { checkBudget } from '../memory/budget.js';
import { randomStream, type RandomStream } from '../random.js';

const distributions = {
  /** U(-sqrt(3 / f), sqrt(3 / f)); Glorot and Bengio 2010 */
  xavier_uniform: (f: number, _: number, random: RandomStream) => uniform(Math.sqrt(3 / f), random),
  /** N(0, sqrt(1 / f)) */
  xavier_normal: (f: number, _: number, random: RandomStream) => normal(Math.sqrt(1 / f), random),
  /** The same as xavier_normal, PuzzleLib's short name. */
  xavier: (f: number, _: number, random: RandomStream) => normal(Math.sqrt(1 / f), random),
  /** N(0, sqrt(2 / f)); He et al. 2015 */
  he: (f: number, _: number, random: RandomStream) => normal(Math.sqrt(2 / f), random),
  /** N(0, wscale) */
  gaussian: (_: number, wscale: number, random: RandomStream) => normal(wscale, random),
  /** U(-wscale, wscale) */
  uniform: (_: number, wscale: number, random: RandomStream) => uniform(wscale, random),
  /** Zeros, for weights that are loaded right after. */
  none: () => () => 0,
};

const uniform = (bound: number, random: RandomStream) => () => random.uniform(-bound, bound);
const normal = (deviation: number, random: RandomStream) => () => random.normal(0, deviation);

export type InitSchemeName = keyof typeof distributions;

/** Which fan scales the distribution: inputs of a unit, its outputs, or their mean. */
export type FactorType = 'in' | 'out' | 'avg';

/** A scheme by PuzzleLib's name, or with the fan it is scaled by. Null and undefined mean `xavier_uniform`. */
export type InitScheme = InitSchemeName | readonly [InitSchemeName, FactorType] | null | undefined;

/** The option of a module that starts its weights; `initialise` checks the names. */
export const initscheme = option.kind<Exclude<InitScheme, null | undefined>>(
  'the name of a scheme, or [name, factor]',
  (value) => typeof value === 'string' || Array.isArray(value),
);

const options = optionsOf('initialise', {
  scheme: initscheme.or(null),
  /** Spread of `gaussian` and `uniform`. Default 1. */
  wscale: option.number.or(1),
  /** Default: the shared stream of `seed`. */
  random: option.objectWith<RandomStream>('a random stream', 'uniform', 'normal').optional,
});
/** How weights start. */
export type InitOptions = Given<typeof options>;

/** Units that feed into one output, and outputs that one input feeds. */
export interface Fans {
  in: number;
  out: number;
}

/**
 * Fans from a shape, by PuzzleLib's rule: a vector counts fully both ways; [in, out] for matrices; from three axes on
 * [out, in, ...window], both times the window's size.
 */
export function fansOf(shape: readonly number[]): Fans {
  if (shape.length < 2) return { in: shape[0] ?? 1, out: shape[0] ?? 1 };
  if (shape.length === 2) return { in: shape[0]!, out: shape[1]! };
  const window = sizeOf(shape.slice(2));
  return { in: shape[1]! * window, out: shape[0]! * window };
}

/**
 * Random numbers for a weight tensor, in logical order (PuzzleLib's `createTensorWithScheme`).
 *
 * @throws ValueError for an unknown scheme or factor, naming the nearest.
 */
export function initialise(shape: readonly number[], init: InitOptions = {}, given?: Fans): Float32Array {
  checkList(shape, 'initialise', 'a shape');
  const fans = given ?? fansOf(shape);
  const { scheme, wscale, random = randomStream() } = options.read(init);
  const [name, factor] = Array.isArray(scheme)
    ? (scheme as readonly [InitSchemeName, FactorType])
    : ([(scheme ?? 'xavier_uniform') as InitSchemeName, 'in'] as const);
  if (Array.isArray(scheme) && scheme.length !== 2) {
    throw new ValueError('A scheme with a factor has two entries', { received: JSON.stringify(scheme) });
  }
  refuseUnknown('initialisation scheme', name, Object.keys(distributions));
  refuseUnknown('factor', factor, ['in', 'out', 'avg']);
  const fan = factor === 'avg' ? (fans.in + fans.out) / 2 : fans[factor];
  const draw = distributions[name](fan, wscale, random);
  const values = filled(shape, 0);
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}

/** The same number for all elements of a weight tensor. */
export function filled(shape: readonly number[], value: number): Float32Array {
  checkBudget(sizeOf(shape));
  return new Float32Array(sizeOf(shape)).fill(value);
}

function refuseUnknown(what: string, name: string, known: string[]): void {
  if (known.includes(name)) return;
  throw new ValueError(`Unknown ${what} "${name}"`, {
    expected: `one of ${known.join(', ')}`,
    received: `"${name}"`,
    hint: didYouMean(name, known),
  });
}
