import { option, optionsOf, ShapeError, shapeText, type Given } from '@tessera-nn/kernels';
import { compound } from '../memory/frame.js';
import { checkVariables } from '../variable/new-variable.js';
import type { Variable } from '../variable/variable.js';
import { concat } from './concat.js';
import { flip } from './moves.js';
import { broadcastTo } from './reduce.js';
import { slice, surround, type Paddings } from './shape.js';

const MODES = ['constant', 'reflect', 'edge', 'circular'] as const;
type Mode = (typeof MODES)[number];

const options = optionsOf('pad', {
  /** What lies around: a number, the inside mirrored at its last values, these values, or its other end. Default 'constant'. */
  mode: option.oneOf(...MODES).or('constant'),
  /** The number of 'constant'. Default 0. */
  value: option.number.or(0),
});
export type PadOptions = Given<typeof options>;

/** How much there must be of an axis for one value around it. */
const REACH: Record<Mode, (size: number) => number> = {
  constant: () => Infinity,
  reflect: (size) => size - 1,
  edge: (size) => (size > 0 ? Infinity : 0),
  circular: (size) => size,
};

/**
 * More around it: `[before, after]` for each axis.
 *
 * Source: `torch.nn.functional.pad`, where `edge` is called replicate; `numpy.pad`.
 * @throws ShapeError when a count is missing, not whole, below 0, or more than the mode finds inside.
 */
export function pad(x: Variable, paddings: Paddings, given: PadOptions = {}): Variable {
  checkVariables([x], 'pad');
  const { mode, value } = options.read(given);
  const { shape } = x;
  const fits = (count: number | undefined, size: number) =>
    Number.isInteger(count) && count! >= 0 && count! <= Math.max(0, REACH[mode](size));
  if (
    (paddings as Paddings | undefined)?.length !== shape.length ||
    paddings.some((pair, axis) => pair.length !== 2 || !pair.every((count) => fits(count, shape[axis]!)))
  ) {
    throw new ShapeError(`pad: these counts do not fit (${mode})`, {
      expected: `[before, after] for each axis of ${shapeText(shape)}`,
      received: JSON.stringify(paddings),
    });
  }
  if (mode === 'constant') return surround(x, paddings, value);
  if (paddings.flat().every((count) => count === 0)) return x.alias();
  return compound(() => paddings.reduce((wide, [before, after], axis) => around(wide, axis, before!, after!, mode), x));
}

function around(x: Variable, axis: number, before: number, after: number, mode: Exclude<Mode, 'constant'>): Variable {
  if (before + after === 0) return x;
  const size = x.shape[axis]!;
  const part = (from: number, count: number) =>
    slice(
      x,
      x.shape.map((_, at) => (at === axis ? from : 0)),
      x.shape.map((length, at) => (at === axis ? count : length)),
    );
  const often = (from: number, count: number) =>
    broadcastTo(
      part(from, 1),
      x.shape.map((length, at) => (at === axis ? count : length)),
    );
  const pieces = {
    reflect: () => [flip(part(1, before), axis), x, flip(part(size - 1 - after, after), axis)],
    edge: () => [often(0, before), x, often(size - 1, after)],
    circular: () => [part(size - before, before), x, part(0, after)],
  };
  return concat(pieces[mode](), axis);
}
