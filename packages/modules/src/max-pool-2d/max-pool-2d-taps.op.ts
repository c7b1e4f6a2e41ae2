import { defineOp, type Op, type Variable } from '@tessera-nn/core';
import { imageShape, physicalShape } from '@tessera-nn/core/internal';
import { defineKernel, runKernel } from '@tessera-nn/kernels';
import {
  addN,
  equal,
  fill,
  greater,
  isNaN as isNaNumber,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  onesLike,
  pad,
  reshape,
  slice,
  stridedSlice,
  where,
  zerosLike,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { pooledShape, type PoolGeometry } from '../window/pool-geometry.js';
import { maxPoolGatherLaunch, maxPoolGradientLaunch, maxPoolLaunch } from './max-pool-2d.webgl.js';

/** Maps as they lie in a texture, four to a texel. */
const filledUp = ([n, h, w, c]: readonly number[]): number[] => [n!, h!, w!, Math.ceil(c! / 4) * 4];

/** Where the taps of a window lie in it, row by row. */
const tapsOf = ({ size: [rows, columns], dilations }: PoolGeometry) =>
  Array.from(
    { length: rows * columns },
    (_, tap) => [Math.floor(tap / columns) * dilations[0], (tap % columns) * dilations[1]] as const,
  );

/** Zeros around channels-last images. */
const around = (x: Tensor, rows: [number, number], columns: [number, number]): Tensor =>
  pad(x, [[0, 0], rows, columns, [0, 0]]);

/** For each tap, what every window of x sees there; 0 in the padding. */
function seenAt(x: Tensor, geometry: PoolGeometry): (tap: readonly [number, number]) => Tensor {
  const { strides, pads } = geometry;
  const [n, h, w, c] = imageShape(pooledShape(x.shape, geometry));
  const padded = around(x, [pads[0], pads[1]], [pads[2], pads[3]]);
  return ([i, j]) =>
    stridedSlice(
      padded,
      [0, i, j, 0],
      [n, i + (h - 1) * strides[0] + 1, j + (w - 1) * strides[1] + 1, c],
      [1, ...strides, 1],
    );
}

/**
 * The largest value of each window, and which tap of the window it is, counted row by row: all that the gradient needs.
 * NaN is the largest of all, and of equals the first is taken.
 */
export const maxPoolKeptKernel = defineKernel<{ x: Tensor }, PoolGeometry, Tensor[]>({
  name: 'MaxPool2DKept',
  outputs: ({ x }, geometry) => {
    const shape = pooledShape(x.shape, geometry);
    return [{ shape }, { shape: filledUp(shape) }];
  },
  compose: ({ x }, geometry) => {
    const [n, h, w, c] = imageShape(pooledShape(x.shape, geometry));
    const [valueAt, insideAt] = [seenAt(x, geometry), seenAt(onesLike(x), geometry)];
    let best: Tensor = fill([n, h, w, c], -Infinity);
    let taken: Tensor = fill([n, h, w, c], -1);
    tapsOf(geometry).forEach((place, tap) => {
      const value = valueAt(place);
      const larger = logicalOr(greater(value, best), logicalAnd(isNaNumber(value), logicalNot(isNaNumber(best))));
      const wins = logicalAnd(greater(insideAt(place), 0), logicalOr(larger, less(taken, 0)));
      best = where(wins, value, best);
      taken = where(wins, fill(taken.shape, tap), taken);
    });
    const filled: Tensor = pad(taken, [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, filledUp([n, h, w, c])[3]! - c],
    ]);
    return [best, filled];
  },
  webgl: ({ x }, geometry) => maxPoolLaunch(x, geometry, true),
});

type GradientAttrs = PoolGeometry & { inputShape: readonly number[] };

/** dx = g at the tap that each window took. */
export const maxPoolKeptGradientKernel = defineKernel<{ taken: Tensor; g: Tensor }, GradientAttrs, Tensor>({
  name: 'MaxPool2DKeptGradient',
  outputs: (_, { inputShape }) => ({ shape: inputShape }),
  compose: ({ taken, g }, geometry) => {
    const { strides, pads, inputShape } = geometry;
    const [n, h, w, c] = imageShape(g.shape);
    const [, height, width] = imageShape(inputShape);
    const taps = slice(taken as Tensor4D, [0, 0, 0, 0], [n, h, w, c]);
    const parts = tapsOf(geometry).map(([i, j], tap) => {
      const part = where(equal(taps, tap), g, zerosLike(g));
      const rows = around(reshape(part, [n, h, 1, w * c]), [0, 0], [0, strides[0] - 1]);
      const columns = around(reshape(rows, [n * h * strides[0], w, 1, c]), [0, 0], [0, strides[1] - 1]);
      const apart = reshape(columns, [n, h * strides[0], w * strides[1], c]);
      const moved = around(apart, [i, height + pads[0]], [j, width + pads[2]]);
      return slice(moved as Tensor4D, [0, pads[0], pads[2], 0], [n, height, width, c]);
    });
    return addN(parts);
  },
  webgl: (inputs, { inputShape, ...geometry }) => maxPoolGradientLaunch(inputs, geometry, inputShape),
});

/** u at the tap that each window took: what the gradient of the gradient is. */
export const maxPoolKeptGatherKernel = defineKernel<{ taken: Tensor; u: Tensor }, PoolGeometry, Tensor>({
  name: 'MaxPool2DKeptGather',
  outputs: ({ u }, geometry) => ({ shape: pooledShape(u.shape, geometry) }),
  compose: ({ taken, u }, geometry) => {
    const shape = imageShape(pooledShape(u.shape, geometry));
    const taps = slice(taken as Tensor4D, [0, 0, 0, 0], shape);
    const uAt = seenAt(u, geometry);
    return tapsOf(geometry).reduce<Tensor>(
      (gathered, place, tap) => where(equal(taps, tap), uAt(place), gathered),
      fill(shape, 0),
    );
  },
  webgl: maxPoolGatherLaunch,
});

const gatherOp: Op<'taken' | 'u', PoolGeometry> = defineOp({
  name: 'max pool gather',
  inputs: ['taken', 'u'],
  saves: ['taken'],
  layout: 'channelsLast',
  forward: ({ taken, u }, geometry: PoolGeometry) => runKernel(maxPoolKeptGatherKernel, { taken, u }, geometry),
  gradients: (g, { taken }, geometry, { u }) => ({
    taken: null,
    u: () => gradientOp({ taken, g }, { ...geometry, inputShape: physicalShape(u, 'channelsLast') }),
  }),
});

/** Linear in g, and constant in x between kinks. */
const gradientOp: Op<'taken' | 'g', GradientAttrs> = defineOp({
  name: 'max pool gradient',
  inputs: ['taken', 'g'],
  saves: ['taken'],
  layout: 'channelsLast',
  forward: ({ taken, g }, attrs: GradientAttrs) => runKernel(maxPoolKeptGradientKernel, { taken, g }, attrs),
  gradients: (u, { taken }, { inputShape: _, ...geometry }) => ({
    taken: null,
    g: () => gatherOp({ taken, u }, geometry),
  }),
});

/** Max pooling that keeps the taps for its gradient, instead of its input and result. */
export const maxPoolKeptOp = defineOp({
  name: 'max pool',
  inputs: ['x'],
  results: ['y', 'taken'],
  saves: ['taken'],
  layout: 'channelsLast',
  forward: ({ x }, geometry: PoolGeometry) => runKernel(maxPoolKeptKernel, { x }, geometry),
  gradients: ({ y: g }, { taken }, geometry, { x }) => ({
    x: () => g && gradientOp({ taken, g }, { ...geometry, inputShape: physicalShape(x, 'channelsLast') }),
  }),
});

/** Zeros of the shape of x, but g where the largest of each window of x is. */
export function putAtTaps(g: Variable, x: Variable, geometry: PoolGeometry): Variable {
  const { taken } = maxPoolKeptOp({ x }, geometry);
  return gradientOp({ taken, g }, { ...geometry, inputShape: physicalShape(x.shape, 'channelsLast') });
}
