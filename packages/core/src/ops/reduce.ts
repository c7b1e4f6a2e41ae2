import { checkVariables } from '../variable/new-variable.js';
import { repeatTensor, runKernel, ShapeError, sumKernel } from '@tessera-nn/kernels';
import { checkNumbers } from '@tessera-nn/kernels/internal';
import { defineOp } from '../autograd/op.js';
import { fromFront, physicalShape, type Layout } from '../layout.js';
import { compound } from '../memory/frame.js';
import type { Variable } from '../variable/variable.js';
import { scale } from './affine.js';
import { checkBroadcastsTo } from './broadcast.js';
import { reshape } from './shape.js';

/** Keeps the summed axes with size 1, so that the result stays in its input's layout. */
const sumOp = defineOp({
  name: 'sum',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, { axes }: { axes: readonly number[] }, { channelAxis }) =>
    runKernel(sumKernel, { x }, { axes: axes.map(channelAxis).sort((a, b) => a - b), keepDims: true }),
  gradients: (g, _saved, _attrs, { x }) => ({ x: () => broadcastTo(g, x) }),
});

/** Sum over the given axes (negative ones count from the end), or over all. */
export function sum(x: Variable, axes?: number | readonly number[], keepDims = false): Variable {
  checkVariables([x], 'sum');
  const chosen = normalizeAxes(axes, x.shape.length);
  if (chosen.length === 0) return x.alias();
  return compound(() => {
    const total = sumOp({ x }, { axes: chosen });
    return keepDims ? total : withoutAxes(total, chosen);
  });
}

/** Without these axes, which are of size 1. */
export const withoutAxes = (x: Variable, axes: readonly number[]): Variable =>
  reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );

/** Mean over the given axes, or over all. */
export function mean(x: Variable, axes?: number | readonly number[], keepDims = false): Variable {
  checkVariables([x], 'mean');
  const count = normalizeAxes(axes, x.shape.length).reduce((product, axis) => product * x.shape[axis]!, 1);
  return compound(() => scale(sum(x, axes, keepDims), 1 / count));
}

/** Axes counted from the start, ascending. @throws ShapeError when one lies outside or comes twice. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const chosen = [axes].flat().map((axis) => fromFront(axis, rank));
  if (
    chosen.some((axis) => !Number.isInteger(axis) || axis < 0 || axis >= rank) ||
    new Set(chosen).size < chosen.length
  ) {
    throw new ShapeError('Axes do not fit the shape', {
      expected: `different axes from ${-rank} to ${rank - 1}`,
      received: JSON.stringify(axes),
    });
  }
  return chosen.sort((a, b) => a - b);
}

const broadcastOp = defineOp({
  name: 'broadcastTo',
  inputs: ['x'],
  layout: ({ layout }: { layout: 'any' | Layout }) => layout,
  forward: ({ x }, { shape }: { shape: readonly number[]; layout: 'any' | Layout }, { layout }) =>
    repeatTensor(x, physicalShape(shape, layout)),
  gradients: (g, _saved, _attrs, { x }) => ({ x: () => sumTo(g, x) }),
});

/**
 * One value for each map of images goes to where images lie, maps last, and each value is written with its neighbours; in
 * other cases axes may stay where they are, if there are as many.
 */
function layoutOfBroadcast(from: readonly number[], to: readonly number[]): 'any' | Layout {
  if (from.length !== to.length) return 'logical';
  return from.length > 3 && from.slice(2).every((length) => length === 1) ? 'channelsLast' : 'any';
}

/** Repeats axes of size 1, and puts new ones in front, until the shape is reached. */
export function broadcastTo(x: Variable, shape: readonly number[]): Variable {
  checkBroadcastsTo(x, shape);
  return sameShape(x.shape, shape)
    ? x.alias()
    : broadcastOp({ x }, { shape, layout: layoutOfBroadcast(x.shape, shape) });
}

/** The one place that undoes broadcasting in gradients: sums over every axis that was repeated. */
export function sumTo(g: Variable, shape: readonly number[]): Variable {
  checkVariables([g], 'sumTo');
  checkNumbers(shape, 'sumTo', 'a shape');
  if (sameShape(g.shape, shape)) return g;
  const added = g.shape.length - shape.length;
  const axes = g.shape.map((_, axis) => axis).filter((axis) => axis < added || shape[axis - added] !== g.shape[axis]);
  return reshape(sum(g, axes, true), shape);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
