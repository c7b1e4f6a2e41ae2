import { option, optionsOf, shownValue, ValueError, type Given } from '@tessera-nn/kernels';
import { checkNumbers } from '@tessera-nn/kernels/internal';
import { filled } from '../initialise/scheme.js';
import { scale } from '../ops/affine.js';
import { equal } from '../ops/comparisons.js';
import { unsqueeze } from '../ops/moves.js';
import { randomStream, type RandomStream } from '../random.js';
import { variableOptions } from './read-source.js';
import { Variable } from './variable.js';

const { name, dtype, requiresGrad } = variableOptions.declared;
const declared = { name, dtype, requiresGrad };
const options = optionsOf('a new Variable', declared);
/** What is said about a Variable that is made of numbers. */
export type MakingOptions = Given<typeof options>;

type Shape = readonly number[];

/** The shape of what `who` makes. @throws ValueError for what is not a list of sizes. */
function checked(shape: Shape, who: string): Shape {
  checkNumbers(shape, who, 'a shape');
  if (shape.every((size) => Number.isInteger(size) && size >= 0)) return shape;
  throw new ValueError(`${who}: this is not a shape`, {
    path: who,
    expected: 'whole numbers from 0',
    received: shownValue(shape),
  });
}

const made = (who: string, shape: Shape, given: MakingOptions, value: (i: number) => number): Variable => {
  const values = filled(checked(shape, who), 0);
  for (let i = 0; i < values.length; i++) values[i] = value(i);
  return new Variable(values, { ...given, shape });
};

/** The same number everywhere. Source: `torch.full`. */
export const full = (shape: Shape, value: number, given: MakingOptions = {}): Variable =>
  made('full', shape, options.read(given), () => value);

/** Zeros. Source: `torch.zeros`. */
export const zeros = (shape: Shape, given: MakingOptions = {}): Variable =>
  made('zeros', shape, options.read(given), () => 0);

/** Ones. Source: `torch.ones`. */
export const ones = (shape: Shape, given: MakingOptions = {}): Variable =>
  made('ones', shape, options.read(given), () => 1);

/** Ones where row and column are the same, zeros elsewhere; square unless columns are given. Source: `torch.eye`. */
export const eye = (rows: number, columns = rows, given: MakingOptions = {}): Variable =>
  made('eye', [rows, columns], options.read(given), (i) => Number(Math.floor(i / columns) === i % columns));

/**
 * The numbers from `start` on, each by `step` more, before `end` is reached: `arange(0, 5)` is 0 to 4.
 *
 * Source: `torch.arange`.
 * @throws ValueError when the step does not lead from start to end.
 */
export function arange(start: number, end: number, step = 1, given: MakingOptions = {}): Variable {
  const count = Math.ceil((end - start) / step);
  if (!Number.isFinite(count) || count < 0) {
    throw new ValueError('arange: the step does not lead there', {
      expected: 'a step from start towards end, which is not 0',
      received: `${start}, ${end}, ${step}`,
    });
  }
  return made('arange', [count], options.read(given), (i) => start + i * step);
}

/**
 * So many numbers at equal distances, the first and the last among them.
 *
 * Source: `torch.linspace`.
 * @throws ValueError when the count is not a whole number from 0.
 */
export function linspace(first: number, last: number, count: number, given: MakingOptions = {}): Variable {
  if (!Number.isInteger(count) || count < 0) {
    throw new ValueError('linspace: not a count', { expected: 'a whole number from 0', received: String(count) });
  }
  const step = count > 1 ? (last - first) / (count - 1) : 0;
  return made('linspace', [count], options.read(given), (i) => (i === count - 1 && i > 0 ? last : first + i * step));
}

const drawing = optionsOf('a random Variable', {
  ...declared,
  /** Where numbers are drawn from. Default: the shared stream of `seed`. */
  random: option.objectWith<RandomStream>('a random stream', 'uniform', 'normal').optional,
});
/** What is said about a Variable that is drawn. */
export type DrawingOptions = Given<typeof drawing>;

/** Normally distributed numbers of mean 0 and deviation 1. Source: `torch.randn`. */
export function randn(shape: Shape, given: DrawingOptions = {}): Variable {
  const { random = randomStream(), ...rest } = drawing.read(given);
  return made('randn', shape, rest, () => random.normal());
}

/** Numbers from 0 to below 1, all as likely. Source: `torch.rand`. */
export function rand(shape: Shape, given: DrawingOptions = {}): Variable {
  const { random = randomStream(), ...rest } = drawing.read(given);
  return made('rand', shape, rest, () => random.uniform());
}

/**
 * 1 at the place of each label along a new last axis, 0 elsewhere; labels outside have no 1.
 *
 * Shapes: [...] to [..., classes]. Source: `torch.nn.functional.one_hot`, in float32.
 */
export function oneHot(labels: Variable | ArrayLike<number>, classes: number): Variable {
  if (!(labels instanceof Variable || ArrayBuffer.isView(labels))) checkNumbers(labels, 'oneHot', 'labels');
  const given = labels instanceof Variable ? labels : new Variable(Int32Array.from(labels));
  const [count] = checked([classes], 'oneHot');
  const places = arange(0, count!, 1, { dtype: given.dtype === 'int32' ? 'int32' : 'float32' });
  return scale(equal(unsqueeze(given, -1), places), 1);
}
