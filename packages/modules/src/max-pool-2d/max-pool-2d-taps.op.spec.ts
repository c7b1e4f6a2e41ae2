import { gradients, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { launcher, runKernel, useLauncher } from '@tessera-nn/kernels';
import { backendName, expectClose, onBackend, randomNd, shapeAfterWindow } from '@tessera-nn/testing';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { forEachWindow, type PoolGeometry } from '../window/pool-geometry.js';
import { maxPoolKeptGatherKernel, maxPoolKeptGradientKernel, maxPoolKeptKernel } from './max-pool-2d-taps.op.js';
import { maxPool } from './max-pool-2d.op.js';

const plain: PoolGeometry = { size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1] };

/**
 * Values, gradient, and u where the values stand, over [batch, height, width, maps]: the first largest takes all, NaN is
 * larger than all.
 */
function reference(
  { x, g, u }: Record<'x' | 'g' | 'u', Float32Array>,
  shape: readonly number[],
  geometry: PoolGeometry,
) {
  const [, height, width, maps] = imageShape(shape);
  const [y, gathered] = [new Float32Array(g.length), new Float32Array(g.length)];
  const dx = new Float32Array(x.length);
  forEachWindow(shape, geometry, (image, window, top, bottom, left, right) => {
    for (let c = 0; c < maps; c++) {
      let best = -1;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * maps + c;
          if (best < 0 || x[at]! > x[best]! || (Number.isNaN(x[at]!) && !Number.isNaN(x[best]!))) best = at;
        }
      }
      y[window * maps + c] = x[best]!;
      gathered[window * maps + c] = u[best]!;
      dx[best] = dx[best]! + g[window * maps + c]!;
    }
  });
  return { y, dx, gathered };
}

/** [batch, height, width, maps] to [batch, maps, height, width], which users see. */
function toLogical(values: Float32Array, [n, h, w, c]: readonly number[]): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const map = i % c!;
    const place = (i - map) / c!;
    const image = Math.floor(place / (h! * w!));
    result[(image * c! + map) * h! * w! + (place % (h! * w!))] = values[i]!;
  }
  expect(n! * h! * w! * c!).to.equal(values.length);
  return result;
}

/** The same through the kernels that keep the taps, whatever the backend's own way is. */
async function checkKept(shape: readonly number[], geometry: PoolGeometry, values = randomNd(shape, 1).data) {
  const pooled = shapeAfterWindow(shape, geometry);
  const [x, g, u] = [values, randomNd(pooled, 2).data, randomNd(shape, 3).data].map((from) =>
    Float32Array.from(from),
  ) as [Float32Array, Float32Array, Float32Array];
  const expected = reference({ x, g, u }, shape, geometry);
  const [y, taken] = runKernel(maxPoolKeptKernel, { x: tensor(x, [...shape]) }, geometry) as [Tensor, Tensor];
  expectClose(await y.data(), expected.y, 'largest values');
  const attrs = { ...geometry, inputShape: shape };
  const dx = runKernel(maxPoolKeptGradientKernel, { taken, g: tensor(g, pooled) }, attrs);
  expectClose(await dx.data(), expected.dx, 'gradient');
  const gathered = runKernel(maxPoolKeptGatherKernel, { taken, u: tensor(u, [...shape]) }, geometry);
  expectClose(await gathered.data(), expected.gathered, 'gradient of the gradient');
}

async function check(shape: readonly number[], geometry: PoolGeometry, values = randomNd(shape, 1).data) {
  const pooled = shapeAfterWindow(shape, geometry);
  const [x, g, u] = [values, randomNd(pooled, 2).data, randomNd(shape, 3).data].map((from) =>
    Float32Array.from(from),
  ) as [Float32Array, Float32Array, Float32Array];
  const expected = reference({ x, g, u }, shape, geometry);
  const logical = ([n, h, w, c]: readonly number[]) => [n!, c!, h!, w!];
  const input = new Variable(toLogical(x, shape), { shape: logical(shape), requiresGrad: true });
  const grad = new Variable(toLogical(g, pooled), { shape: logical(pooled), requiresGrad: true });
  const direction = new Variable(toLogical(u, shape), { shape: logical(shape) });
  const y = maxPool(input, geometry);
  expectClose(await y.values(), toLogical(expected.y, pooled), 'largest values');
  const [dx] = gradients(y, [input], { seed: grad, createGraph: true });
  expectClose(await dx!.values(), toLogical(expected.dx, shape), 'gradient');
  const [gathered] = gradients(dx!, [grad], { seed: direction });
  expectClose(await gathered!.values(), toLogical(expected.gathered, pooled), 'gradient of the gradient');
  for (const variable of [input, grad, direction, y, dx!, gathered!]) variable.dispose();
}

const filled = (shape: readonly number[]) => tensor(Float32Array.from(randomNd(shape, 1).data), [...shape]);

describe(`max pool kernels [${backendName}]`, () => {
  onBackend();

  for (const maps of [1, 3, 4, 8]) {
    it(`agree with plain loops over ${maps} maps`, () => check([2, 6, 7, maps], plain));
  }

  it('let windows overlap, and pad each side by its own amount', () =>
    check([2, 7, 6, 4], { ...plain, size: [3, 3], strides: [1, 2], pads: [1, 1, 1, 0] }));

  it('go through large windows, in images of any size', async () => {
    await check([2, 9, 11, 4], { ...plain, size: [5, 6], strides: [2, 1], pads: [2, 1, 3, 0] });
    await check([1, 40, 42, 16], { ...plain, size: [3, 3], pads: [1, 1, 1, 1] });
    await check([1, 3, 4100, 4], plain);
  });

  it('keep the taps for the gradient', async () => {
    await checkKept([2, 6, 7, 3], { ...plain, size: [3, 2], strides: [2, 3], pads: [1, 0, 1, 1] });
    await checkKept([2, 7, 5, 8], { ...plain, size: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] });
    const values = [NaN, Infinity, -Infinity, 0, -0, 1, -1];
    await checkKept(
      [2, 6, 6, 4],
      { ...plain, size: [3, 2] },
      Float64Array.from({ length: 288 }, (_, i) => values[(i * 5 + (i >> 3)) % 7]!),
    );
    await checkKept([1, 4, 4, 4], plain, new Float64Array(64).fill(-Infinity));
  });

  it('leave gaps between windows', () => check([1, 9, 8, 5], { ...plain, size: [2, 1], strides: [3, 3] }));

  it('give the gradient to the first of equals', () =>
    check(
      [1, 4, 4, 4],
      plain,
      Float64Array.from({ length: 64 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
    ));

  it('take the largest of what is below zero', () =>
    check(
      [1, 4, 4, 4],
      plain,
      Float64Array.from({ length: 64 }, (_, i) => -1 - ((i * 7) % 5)),
    ));

  if (backendName === 'webgl') {
    it('take one draw each way and for the gradient of the gradient, and no new program for another batch or size', () => {
      const run = (shape: readonly number[]) => {
        const { launches } = launcher()!;
        const [y, taken] = runKernel(maxPoolKeptKernel, { x: filled(shape) }, plain) as [Tensor, Tensor];
        const forward = launcher()!.launches - launches;
        const dx = runKernel(maxPoolKeptGradientKernel, { taken, g: y }, { ...plain, inputShape: shape });
        const backward = launcher()!.launches - launches - forward;
        runKernel(maxPoolKeptGatherKernel, { taken, u: dx }, plain);
        return [forward, backward, launcher()!.launches - launches - forward - backward];
      };
      run([5, 8, 6, 8]);
      const { programs } = launcher()!;
      expect(run([9, 10, 12, 12])).to.deep.equal([1, 1, 1]);
      expect(launcher()!.programs).to.equal(programs);
    });

    it('agree with plain loops where the launcher is off', async () => {
      useLauncher(false);
      try {
        await check([2, 6, 7, 3], plain);
      } finally {
        useLauncher(true);
      }
    });
  }
});
