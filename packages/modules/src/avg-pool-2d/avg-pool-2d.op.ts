import { defineOp, type Variable } from '@tessera-nn/core';
import { imageShape, physicalShape } from '@tessera-nn/core/internal';
import { defineKernel, runKernel } from '@tessera-nn/kernels';
import { engine, mul, pad, slice, tensor4d, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { forEachWindow, pooledShape, poolWindow, stockPool, type PoolGeometry } from '../window/pool-geometry.js';
import { avgPoolGradientLaunch, avgPoolLaunch } from './avg-pool-2d.webgl.js';

/** With `includePad` a window counts the padding it sees as zeros, else only the pixels of the image. */
export interface AveragePoolAttrs extends PoolGeometry {
  includePad: boolean;
}

/** y = the mean of x over the window. */
const avgPoolKernel = defineKernel<{ x: Tensor }, AveragePoolAttrs, Tensor>({
  name: 'AvgPool2D',
  outputs: ({ x }, attrs) => ({ shape: pooledShape(x.shape, attrs) }),
  compose: ({ x }, attrs) => {
    const padded = pad(x, [
      [0, 0],
      [attrs.pads[0], attrs.pads[1]],
      [attrs.pads[2], attrs.pads[3]],
      [0, 0],
    ]);
    const mean: Tensor = engine().runKernel('AvgPool', { x: padded }, stockPool({ ...attrs, pads: [0, 0, 0, 0] }));
    return mul(mean, rescale(x.shape, attrs));
  },
  companion: ({ functions, at, inputs, outputs: [y] }, attrs) => {
    const [batch, height, width, maps] = imageShape(inputs.x.shape);
    const window = poolWindow(inputs.x.shape, attrs);
    functions.averagePool(at.x, batch, height, width, maps, y!, ...window, attrs.includePad);
  },
  loops: ({ values: { x }, inputs, outputs: [y] }, attrs) => {
    const [, height, width, maps] = imageShape(inputs.x.shape);
    forEachWindow(inputs.x.shape, attrs, (image, window, top, bottom, left, right) => {
      const out = window * maps;
      y!.fill(0, out, out + maps);
      const scale = 1 / divisor(attrs, bottom - top, right - left);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * maps;
          for (let c = 0; c < maps; c++) y![out + c] = y![out + c]! + x[at + c]!;
        }
      }
      for (let c = 0; c < maps; c++) y![out + c] = y![out + c]! * scale;
    });
  },
  webgl: avgPoolLaunch,
});

type GradientAttrs = AveragePoolAttrs & { inputShape: readonly number[] };

/** dx = g over the divisor, for every window that saw the pixel. */
const avgPoolGradientKernel = defineKernel<{ g: Tensor }, GradientAttrs, Tensor>({
  name: 'AvgPool2DGradient',
  outputs: (_, { inputShape }) => ({ shape: inputShape }),
  compose: ({ g }, { inputShape, ...attrs }) => {
    const [n, h, w, c] = imageShape(inputShape);
    const [top, bottom, left, right] = attrs.pads;
    // tfjs's own gradient divides by the full window even where its forward does not, so the rescaling comes first.
    const dx: Tensor = engine().runKernel(
      'AvgPoolGrad',
      {
        dy: mul(g, rescale(inputShape, attrs)),
        input: tensor4d(new Float32Array(n * (h + top + bottom) * (w + left + right) * c), [
          n,
          h + top + bottom,
          w + left + right,
          c,
        ]),
      },
      stockPool({ ...attrs, pads: [0, 0, 0, 0] }),
    );
    return slice(dx as Tensor4D, [0, top, left, 0], [n, h, w, c]);
  },
  companion: ({ functions, at, outputs: [dx] }, { inputShape, ...attrs }) => {
    const [batch, height, width, maps] = imageShape(inputShape);
    const window = poolWindow(inputShape, attrs);
    functions.averagePoolGradient(dx!, batch, height, width, maps, at.g, ...window, attrs.includePad);
  },
  loops: ({ values: { g }, outputs: [dx] }, { inputShape, ...attrs }) => {
    const [, height, width, maps] = imageShape(inputShape);
    dx!.fill(0);
    forEachWindow(inputShape, attrs, (image, window, top, bottom, left, right) => {
      const out = window * maps;
      const scale = 1 / divisor(attrs, bottom - top, right - left);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * maps;
          for (let c = 0; c < maps; c++) dx![at + c] = dx![at + c]! + g[out + c]! * scale;
        }
      }
    });
  },
  webgl: avgPoolGradientLaunch,
});

function divisor({ includePad, size }: AveragePoolAttrs, rows: number, columns: number): number {
  return includePad ? size[0] * size[1] : rows * columns;
}

/** For each window: its full size over the count it is divided by, [1, h, w, 1]. */
function rescale(inputShape: readonly number[], attrs: AveragePoolAttrs): Tensor4D {
  const [, h, w] = imageShape(pooledShape(inputShape, attrs));
  const factors = new Float32Array(h * w);
  forEachWindow([1, inputShape[1]!, inputShape[2]!, 1], attrs, (_, window, top, bottom, left, right) => {
    factors[window] = (attrs.size[0] * attrs.size[1]) / divisor(attrs, bottom - top, right - left);
  });
  return tensor4d(factors, [1, h, w, 1]);
}

/** Pooling is linear: its gradient's gradient is the pooling again. */
const gradientOp = defineOp({
  name: 'average pool gradient',
  inputs: ['g'],
  layout: 'channelsLast',
  forward: ({ g }, attrs: GradientAttrs) => runKernel(avgPoolGradientKernel, { g }, attrs),
  gradients: (u, _saved, { inputShape: _, ...attrs }) => ({ g: () => avgPool(u, attrs) }),
});

const avgPoolOp = defineOp({
  name: 'average pool',
  inputs: ['x'],
  layout: 'channelsLast',
  forward: ({ x }, attrs: AveragePoolAttrs) => runKernel(avgPoolKernel, { x }, attrs),
  gradients: (g, _saved, attrs, { x }) => ({
    x: () => gradientOp({ g }, { ...attrs, inputShape: physicalShape(x, 'channelsLast') }),
  }),
});

/** The mean of each window over [batch, maps, height, width]. */
export function avgPool(x: Variable, attrs: AveragePoolAttrs): Variable {
  return avgPoolOp({ x }, attrs);
}
