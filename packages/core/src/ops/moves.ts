import { flipTensor, ShapeError, shapeText } from '@tessera-nn/kernels';
import { checkNumbers } from '@tessera-nn/kernels/internal';
import { defineOp, type Op } from '../autograd/op.js';
import { compound } from '../memory/frame.js';
import { checkVariables } from '../variable/new-variable.js';
import type { Variable } from '../variable/variable.js';
import { concat, split } from './concat.js';
import { broadcastTo, normalizeAxes } from './reduce.js';
import { reshape } from './shape.js';

const flipOp: Op<'x', { axes: readonly number[] }> = defineOp({
  name: 'flip',
  inputs: ['x'],
  layout: 'logical',
  forward: ({ x }, { axes }: { axes: readonly number[] }) => axes.reduce(flipTensor, x),
  gradients: (g, _saved, { axes }) => ({ x: () => flipOp({ x: g }, { axes }) }),
});

/**
 * Backwards along the given axes, or along all.
 *
 * Source: `torch.flip`.
 * @throws ShapeError when an axis is outside or comes twice.
 */
export function flip(x: Variable, axes?: number | readonly number[]): Variable {
  checkVariables([x], 'flip');
  return flipOp({ x }, { axes: normalizeAxes(axes, x.rank) });
}

/**
 * Moved along an axis by so many places, backwards where `shift` is negative; what leaves at one end enters at the other.
 *
 * Source: `torch.roll`.
 * @throws ShapeError when there is no such axis, or the shift is not whole.
 */
export function roll(x: Variable, shift: number, axis: number): Variable {
  checkVariables([x], 'roll');
  const [at] = normalizeAxes(axis, x.rank);
  const size = x.shape[at!]!;
  if (!Number.isInteger(shift)) {
    throw new ShapeError('roll: the shift is not whole', { expected: 'a whole number', received: String(shift) });
  }
  const last = size === 0 ? 0 : ((shift % size) + size) % size;
  if (last === 0) return x.alias();
  return compound(() => concat(split(x, [size - last, last], at).reverse(), at));
}

/**
 * The whole so many times along each axis, one behind the other; axes are added in front where there are more numbers.
 *
 * Source: `torch.tile`.
 * @throws ShapeError when a number is not whole, or below 0.
 */
export function tile(x: Variable, repeats: readonly number[]): Variable {
  checkVariables([x], 'tile');
  checkNumbers(repeats, 'tile', 'a count for each axis');
  if (repeats.some((count) => !Number.isInteger(count) || count < 0)) {
    throw new ShapeError('tile: these are not counts', {
      expected: 'whole numbers from 0',
      received: `[${repeats.join(', ')}]`,
    });
  }
  const rank = Math.max(x.rank, repeats.length);
  const inFront = <T>(list: readonly T[], value: T) => [...new Array<T>(rank - list.length).fill(value), ...list];
  const [shape, counts] = [inFront(x.shape, 1), inFront(repeats, 1)];
  const pairs = (of: (size: number, count: number) => number[]) => shape.flatMap((size, i) => of(size, counts[i]!));
  return compound(() => {
    const apart = reshape(
      x,
      pairs((size, count) => (count === 1 ? [size] : [1, size])),
    );
    const wide = broadcastTo(
      apart,
      pairs((size, count) => (count === 1 ? [size] : [count, size])),
    );
    return reshape(
      wide,
      pairs((size, count) => [size * count]),
    );
  });
}

/**
 * Without the given axes, which are of size 1; without all of that size where none are given.
 *
 * Source: `torch.squeeze`, which leaves axes of other sizes where they are.
 * @throws ShapeError when an axis is outside, comes twice, or is not of size 1.
 */
export function squeeze(x: Variable, axes?: number | readonly number[]): Variable {
  checkVariables([x], 'squeeze');
  const { shape } = x;
  const chosen =
    axes === undefined ? [...shape.keys()].filter((axis) => shape[axis] === 1) : normalizeAxes(axes, shape.length);
  if (chosen.some((axis) => shape[axis] !== 1)) {
    throw new ShapeError('squeeze: an axis has more than one place', {
      expected: `axes of size 1 of ${shapeText(shape)}`,
      received: `[${chosen.join(', ')}]`,
    });
  }
  return reshape(
    x,
    shape.filter((_, axis) => !chosen.includes(axis)),
  );
}

/**
 * With a new axis of size 1, which is at that place in the result.
 *
 * Source: `torch.unsqueeze`.
 * @throws ShapeError when the place is outside.
 */
export function unsqueeze(x: Variable, axis: number): Variable {
  checkVariables([x], 'unsqueeze');
  const [at] = normalizeAxes(axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
