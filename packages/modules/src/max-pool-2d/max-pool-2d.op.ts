import { defineOp, type Variable } from '@tessera/core';
import { defineKernel, runKernel } from '@tessera/kernels';
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { maxPoolGradientWebgl, maxPoolWebgl } from './max-pool-2d.webgl.js';
import { forEachWindow, pooledShape, stockPool, type PoolGeometry } from '../window/pool-geometry.js';

/** y = the largest x in the window; padding never wins, and NaN does. tfjs-wasm's own kernel turns NaN into -Infinity. */
const maxPoolKernel = defineKernel<{ x: Tensor }, PoolGeometry, Tensor>({
  name: 'MaxPool2D',
  outputs: ({ x }, geometry) => ({ shape: pooledShape(x.shape, geometry) }),
  compose: ({ x }, geometry) => engine().runKernel('MaxPool', { x }, stockPool(geometry)),
  loops: ({ values: { x }, inputs, outputs: [y] }, geometry) => {
    const [, height, width, maps] = inputs.x.shape as [number, number, number, number];
    forEachWindow(inputs.x.shape, geometry, (image, window, top, bottom, left, right) => {
      const out = window * maps;
      y!.fill(-Infinity, out, out + maps);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * maps;
          for (let c = 0; c < maps; c++) if (!(x[at + c]! <= y![out + c]!)) y![out + c] = x[at + c]!;
        }
      }
    });
  },
  webgl: ({ x }, geometry) => maxPoolWebgl(x, geometry),
});

/**
 * dx = g at the first largest x of each window. tfjs-wasm's own kernel loses the gradient of windows whose largest
 * value is not positive, and prefers the last of equals.
 */
const maxPoolGradientKernel = defineKernel<{ x: Tensor; y: Tensor; g: Tensor }, PoolGeometry, Tensor>({
  name: 'MaxPool2DGradient',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x, y, g }, geometry) =>
    engine().runKernel('MaxPoolGrad', { dy: g, input: x, output: y }, stockPool(geometry)),
  loops: ({ values: { x, y, g }, inputs, outputs: [dx] }, geometry) => {
    const [, height, width, maps] = inputs.x.shape as [number, number, number, number];
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
            if (unclaimed[c] && (value === y![out + c] || value !== value)) {
              unclaimed[c] = 0;
              dx![at + c] = dx![at + c]! + g[out + c]!;
            }
          }
        }
      }
    });
  },
  webgl: ({ x, g }, geometry) => maxPoolGradientWebgl(x, g, geometry),
});

const gradientOp = defineOp<PoolGeometry, Tensor>({
  name: 'max pool gradient',
  layout: 'channelsLast',
  forward: (_, [x, y, g], geometry) => runKernel(maxPoolGradientKernel, { x: x!, y: y!, g: g! }, geometry),
});

const maxPoolOp = defineOp<PoolGeometry, Tensor>({
  name: 'max pool',
  layout: 'channelsLast',
  forward: (context, [x], geometry) => {
    context.saveInputs(0);
    context.saveOutput();
    return runKernel(maxPoolKernel, { x: x! }, geometry);
  },
  backward: ({ attrs, input, output }, [g]) => [gradientOp([input(0), output(), g!], attrs)],
});

/** The largest value of each window over [batch, maps, height, width]. */
export function maxPool(x: Variable, geometry: PoolGeometry): Variable {
  return maxPoolOp([x], geometry);
}
