import { Variable } from '@tessera-nn/core';
import { Storage } from '@tessera-nn/core/internal';
import { launcher } from '@tessera-nn/kernels';
import {
  backendName,
  describeBodies,
  expectClose,
  nd,
  offset,
  randomNd,
  shapeAfterWindow,
  type Nd,
} from '@tessera-nn/testing';
import { tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { avgPool, type AveragePoolAttrs } from './avg-pool-2d.op.js';

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 3 : 40;

/** y and dx by loops over [batch, maps, height, width]. */
function reference(x: Nd, attrs: AveragePoolAttrs) {
  const { size, strides, pads, includePad } = attrs;
  const [batch, maps, height, width] = x.shape as [number, number, number, number];
  const pooled = shapeAfterWindow([batch, height, width, maps], attrs);
  const y = nd([batch, maps, pooled[1]!, pooled[2]!]);
  const [grads, dx] = [randomNd(y.shape, 7), nd(x.shape)];
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < maps; c++)
      for (let oh = 0; oh < y.shape[2]!; oh++)
        for (let ow = 0; ow < y.shape[3]!; ow++) {
          const seen: number[] = [];
          for (let h = oh * strides[0] - pads[0]; h < oh * strides[0] - pads[0] + size[0]; h++)
            for (let w = ow * strides[1] - pads[2]; w < ow * strides[1] - pads[2] + size[1]; w++)
              if (h >= 0 && h < height && w >= 0 && w < width) seen.push(offset(x.shape, n, c, h, w));
          const out = offset(y.shape, n, c, oh, ow);
          const divisor = includePad ? size[0] * size[1] : seen.length;
          for (const at of seen) {
            y.data[out]! += x.data[at]! / divisor;
            dx.data[at]! += grads.data[out]! / divisor;
          }
        }
  return { y, grads, dx };
}

async function check(x: Nd, attrs: AveragePoolAttrs): Promise<void> {
  const expected = reference(x, attrs);
  const input = new Variable(x.data, { shape: x.shape, requiresGrad: true });
  const y = avgPool(input, attrs);
  expectClose(await y.values(), expected.y.data, 'output');
  y.backward(new Variable(expected.grads.data, { shape: expected.y.shape }));
  expectClose(await new Variable(input.grad!).values(), expected.dx.data, 'gradient');
}

const upTo = (max: number, min = 1) => fc.integer({ min, max });

const anyPooling = fc
  .record({
    batch: upTo(3),
    maps: fc.oneof(upTo(6), upTo(33)),
    size: fc.tuple(upTo(4), upTo(4)),
    strides: fc.tuple(upTo(4), upTo(4)),
    pads: fc.tuple(upTo(3, 0), upTo(3, 0)),
    beyond: fc.tuple(upTo(7, 0), upTo(7, 0)),
    includePad: fc.boolean(),
  })
  .map(({ batch, maps, size, strides, pads, beyond, includePad }) => {
    // Padding is smaller than the window, so that every window sees a pixel.
    const [tall, wide] = [Math.min(pads[0], size[0] - 1), Math.min(pads[1], size[1] - 1)];
    const attrs: AveragePoolAttrs = { size, strides, pads: [tall, tall, wide, wide], dilations: [1, 1], includePad };
    return { shape: [batch, maps, size[0] + beyond[0], size[1] + beyond[1]], attrs };
  });

describeBodies('average pool kernels', () => {
  it('agree with loops for any window, forward and in the gradient, whatever the number of maps', () => {
    const property = fc.asyncProperty(anyPooling, ({ shape, attrs }) => check(randomNd(shape, 3), attrs));
    return fc.assert(property, { numRuns: RANDOM_RUNS, seed: 20261121 });
  });

  it('go through large windows, in images of any size', async () => {
    for (const includePad of [true, false]) {
      const wide = { size: [5, 6], strides: [2, 1], pads: [2, 1, 3, 0], dilations: [1, 1], includePad } as const;
      await check(randomNd([2, 4, 9, 11], 3), wide);
      const narrow = { size: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], includePad } as const;
      await check(randomNd([1, 16, 40, 42], 3), narrow);
    }
  });

  if (backendName === 'webgl') {
    it('take one draw each way, and no new program for another batch or size', () => {
      const attrs: AveragePoolAttrs = {
        size: [2, 2],
        strides: [2, 2],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        includePad: true,
      };
      const run = (shape: readonly number[]) => {
        const images = tensor(Float32Array.from(randomNd(shape, 1).data), [...shape]);
        const x = new Variable(new Storage(images, 'channelsLast', { op: 'images', call: undefined }), {
          requiresGrad: true,
        });
        const { launches } = launcher()!;
        const y = avgPool(x, attrs);
        const forward = launcher()!.launches - launches;
        y.backward(y.detach());
        return [forward, launcher()!.launches - launches - forward];
      };
      run([5, 8, 6, 8]);
      const { programs } = launcher()!;
      expect(run([9, 10, 12, 12])).to.deep.equal([1, 1]);
      expect(launcher()!.programs).to.equal(programs);
    });
  }
});
