import { defineOp, type Op, type Variable } from '@tessera-nn/core';
import { imageShape, isRecorded } from '@tessera-nn/core/internal';
import { defineKernel, positions, runKernel } from '@tessera-nn/kernels';
import {
  clipByValue,
  engine,
  fill,
  getBackend,
  isNaN as isNaNumber,
  maximum,
  pad,
  stridedSlice,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { forEachWindow, pooledShape, poolWindow, stockPool, type PoolGeometry } from '../window/pool-geometry.js';
import { maxPoolKeptGatherKernel, maxPoolKeptKernel, maxPoolKeptOp, putAtTaps } from './max-pool-2d-taps.op.js';
import { maxPoolLaunch } from './max-pool-2d.webgl.js';

/** y = the largest x in the window; padding never wins, and NaN does, which tfjs's own kernels lose. */
const maxPoolKernel = defineKernel<{ x: Tensor }, PoolGeometry, Tensor>({
  name: 'MaxPool2D',
  outputs: ({ x }, geometry) => ({ shape: pooledShape(x.shape, geometry) }),
  compose: ({ x }, { size, strides, pads }) => {
    const around = [
      [0, 0],
      [pads[0], pads[1]],
      [pads[2], pads[3]],
      [0, 0],
    ] as [number, number][];
    return largestAlong(2, size[1], strides[1], largestAlong(1, size[0], strides[0], pad(x, around, -Infinity)));
  },
  companion: ({ functions, at, inputs, outputs: [y] }, geometry) => {
    const [batch, height, width, maps] = imageShape(inputs.x.shape);
    functions.maxPool(at.x, batch, height, width, maps, y!, ...poolWindow(inputs.x.shape, geometry));
  },
  loops: ({ values: { x }, inputs, outputs: [y] }, geometry) => {
    const [, height, width, maps] = imageShape(inputs.x.shape);
    forEachWindow(inputs.x.shape, geometry, (image, window, top, bottom, left, right) => {
      const out = window * maps;
      y!.fill(-Infinity, out, out + maps);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * maps;
          for (let c = 0; c < maps; c++) {
            const value = x[at + c]!;
            if (value > y![out + c]! || value !== value) y![out + c] = value;
          }
        }
      }
    });
  },
  webgl: ({ x }, geometry) => maxPoolLaunch(x, geometry, false)?.[0],
});

/** The largest of `size` neighbours along an axis, every `stride` places. */
function largestAlong(axis: number, size: number, stride: number, x: Tensor): Tensor {
  const count = positions(x.shape[axis]!, size, stride, 0, 1);
  const along = (value: number, elsewhere: readonly number[]) =>
    elsewhere.map((other, at) => (at === axis ? value : other));
  const ones = x.shape.map(() => 1);
  const zeros = x.shape.map(() => 0);
  const taps = Array.from({ length: size }, (_, tap) =>
    stridedSlice(x, along(tap, zeros), along(tap + (count - 1) * stride + 1, x.shape), along(stride, ones)),
  );
  return taps.reduce((a, b) => maximum(a, b));
}

/** The largest float32, and the one below. */
const LARGEST = 2 ** 128 - 2 ** 104;
const SECOND = 2 ** 128 - 2 ** 105;

/** dx = g at the first largest x of each window. */
const maxPoolGradientKernel = defineKernel<{ x: Tensor; y: Tensor; g: Tensor }, PoolGeometry, Tensor>({
  name: 'MaxPool2DGradient',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x, y, g }, geometry) => {
    // tfjs's own gradient overlooks NaN, and windows that hold nothing above -Infinity.
    const ordered = where(isNaNumber(x), fill(x.shape, LARGEST), clipByValue(x, -SECOND, SECOND));
    return engine().runKernel('MaxPoolGrad', { dy: g, input: ordered, output: y }, stockPool(geometry));
  },
  companion: ({ functions, at, inputs, outputs: [dx] }, geometry) => {
    const [batch, height, width, maps] = imageShape(inputs.x.shape);
    const window = poolWindow(inputs.x.shape, geometry);
    functions.maxPoolGradient(at.x, at.y, at.g, dx!, batch, height, width, maps, ...window);
  },
  loops: ({ values: { x, y, g }, inputs, outputs: [dx] }, geometry) => {
    const [, height, width, maps] = imageShape(inputs.x.shape);
    dx!.fill(0);
    const unclaimed = new Uint8Array(maps);
    forEachWindow(inputs.x.shape, geometry, (image, window, top, bottom, left, right) => {
      const out = window * maps;
      unclaimed.fill(1);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * maps;
          for (let c = 0; c < maps; c++) {
            const value = x[at + c]!;
            if (unclaimed[c] && (value === y[out + c] || value !== value)) {
              unclaimed[c] = 0;
              dx![at + c] = dx![at + c]! + g[out + c]!;
            }
          }
        }
      }
    });
  },
});

/** u at the first largest x of each window: what the gradient of the gradient is. */
const maxPoolGatherKernel = defineKernel<{ x: Tensor; y: Tensor; u: Tensor }, PoolGeometry, Tensor>({
  name: 'MaxPool2DGather',
  outputs: ({ y }) => ({ shape: y.shape }),
  compose: ({ x, u }, geometry) => {
    const [, taken] = maxPoolKeptKernel.compose({ x }, geometry);
    return maxPoolKeptGatherKernel.compose({ taken: taken!, u }, geometry);
  },
  loops: ({ values: { x, y, u }, inputs, outputs: [gathered] }, geometry) => {
    const [, height, width, maps] = imageShape(inputs.x.shape);
    forEachWindow(inputs.x.shape, geometry, (image, window, top, bottom, left, right) => {
      const out = window * maps;
      // Backwards, so that the first is what stays.
      for (let row = bottom - 1; row >= top; row--) {
        for (let column = right - 1; column >= left; column--) {
          const at = ((image * height + row) * width + column) * maps;
          for (let c = 0; c < maps; c++) {
            const value = x[at + c]!;
            if (value === y[out + c] || value !== value) gathered![out + c] = u[at + c]!;
          }
        }
      }
    });
  },
});

const gatherOp: Op<'x' | 'y' | 'u', PoolGeometry> = defineOp({
  name: 'max pool gather',
  inputs: ['x', 'y', 'u'],
  saves: ['x', 'y'],
  layout: 'channelsLast',
  forward: (inputs, geometry: PoolGeometry) => runKernel(maxPoolGatherKernel, inputs, geometry),
  gradients: (g, { x, y }, geometry) => ({ x: null, y: null, u: () => gradientOp({ x, y, g }, geometry) }),
});

/** Linear in g, and constant in x between kinks. */
const gradientOp: Op<'x' | 'y' | 'g', PoolGeometry> = defineOp({
  name: 'max pool gradient',
  inputs: ['x', 'y', 'g'],
  saves: ['x', 'y'],
  layout: 'channelsLast',
  forward: (inputs, geometry: PoolGeometry) => runKernel(maxPoolGradientKernel, inputs, geometry),
  gradients: (u, { x, y }, geometry) => ({ x: null, y: null, g: () => gatherOp({ x, y, u }, geometry) }),
});

const maxPoolOp = defineOp({
  name: 'max pool',
  inputs: ['x'],
  saves: ['x', 'result'],
  layout: 'channelsLast',
  forward: (inputs, geometry: PoolGeometry) => runKernel(maxPoolKernel, inputs, geometry),
  gradients: (g, { x, result: y }, geometry) => ({ x: () => gradientOp({ x, y, g }, geometry) }),
});

/** The largest value of each window over [batch, maps, height, width]. */
export function maxPool(x: Variable, geometry: PoolGeometry): Variable {
  return keepsTaps([x], geometry) ? maxPoolKeptOp({ x }, geometry).y : maxPoolOp({ x }, geometry);
}

/** Zeros of the shape of x, but g where the largest of each window of x is: the way back of `maxPool`. */
export function maxUnpool(g: Variable, x: Variable, geometry: PoolGeometry): Variable {
  if (keepsTaps([g, x], geometry)) return putAtTaps(g, x, geometry);
  return gradientOp({ x, y: maxPoolOp({ x }, geometry), g }, geometry);
}

/**
 * A shader writes the taps at no cost, and tfjs's gradient there goes to the last of equals; elsewhere finding them again is
 * cheaper than keeping them, and only those that keep them know windows with gaps.
 */
function keepsTaps(inputs: readonly Variable[], { dilations }: PoolGeometry): boolean {
  return dilations.some((dilation) => dilation > 1) || (getBackend() === 'webgl' && isRecorded(inputs));
}
