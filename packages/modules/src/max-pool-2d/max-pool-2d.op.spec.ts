import { Variable } from '@tessera-nn/core';
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
import { expect } from 'chai';
import fc from 'fast-check';
import type { PoolGeometry } from '../window/pool-geometry.js';
import { maxPool } from './max-pool-2d.op.js';

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 3 : 40;

type Shape = readonly [number, number, number, number];

/** y and dx by loops over [batch, maps, height, width]; the first largest of a window takes the gradient. */
function reference(x: Nd, g: (shape: readonly number[]) => Nd, geometry: PoolGeometry) {
  const [batch, maps, height, width] = x.shape as Shape;
  const pooled = shapeAfterWindow([batch, height, width, maps], geometry);
  const { size, strides, pads } = geometry;
  const y = nd([batch, maps, pooled[1]!, pooled[2]!]);
  const [grads, dx] = [g(y.shape), nd(x.shape)];
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < maps; c++)
      for (let oh = 0; oh < y.shape[2]!; oh++)
        for (let ow = 0; ow < y.shape[3]!; ow++) {
          let [largest, from] = [-Infinity, -1];
          for (let h = oh * strides[0] - pads[0]; h < oh * strides[0] - pads[0] + size[0]; h++)
            for (let w = ow * strides[1] - pads[2]; w < ow * strides[1] - pads[2] + size[1]; w++) {
              if (h < 0 || h >= height || w < 0 || w >= width) continue;
              const at = offset(x.shape, n, c, h, w);
              if (x.data[at]! > largest) [largest, from] = [x.data[at]!, at];
            }
          const out = offset(y.shape, n, c, oh, ow);
          y.data[out] = largest;
          dx.data[from]! += grads.data[out]!;
        }
  return { y, grads, dx };
}

async function check(x: Nd, geometry: PoolGeometry): Promise<void> {
  const expected = reference(x, (shape) => randomNd(shape, 7), geometry);
  const input = new Variable(x.data, { shape: x.shape, requiresGrad: true });
  const y = maxPool(input, geometry);
  expect(y.shape).to.deep.equal([...expected.y.shape]);
  expectClose(await y.values(), expected.y.data, 'output');
  y.backward(new Variable(expected.grads.data, { shape: expected.y.shape }));
  const dx = new Variable(input.grad!);
  expectClose(await dx.values(), expected.dx.data, 'gradient');
}

const upTo = (max: number, min = 1) => fc.integer({ min, max });

const anyPooling = fc
  .record({
    batch: upTo(3),
    maps: fc.oneof(upTo(6), upTo(33)),
    size: fc.tuple(upTo(4), upTo(4)),
    strides: fc.tuple(upTo(4), upTo(4)),
    pads: fc.tuple(upTo(3, 0), upTo(3, 0), upTo(3, 0), upTo(3, 0)),
    beyond: fc.tuple(upTo(7, 0), upTo(7, 0)),
  })
  .map(({ batch, maps, size, strides, pads, beyond }) => {
    // Padding is smaller than the window, so that every window sees a pixel.
    const narrow = pads.map((pad, side) => Math.min(pad, size[side < 2 ? 0 : 1] - 1));
    const shape = [batch, maps, size[0] + beyond[0], size[1] + beyond[1]];
    return { shape, geometry: { size, strides, pads: narrow, dilations: [1, 1] } as unknown as PoolGeometry };
  });

const plain: PoolGeometry = { size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1] };

describeBodies('max pool kernels', () => {
  it('agree with loops for any window, forward and in the gradient, whatever the number of maps', () => {
    const property = fc.asyncProperty(anyPooling, ({ shape, geometry }) => check(randomNd(shape, 3), geometry));
    return fc.assert(property, { numRuns: RANDOM_RUNS, seed: 20261121 });
  });

  it('pool maps that are all negative', () => {
    const x = randomNd([2, 5, 4, 6], 4);
    return check(
      nd(
        x.shape,
        x.data.map((value) => -Math.abs(value) - 1),
      ),
      plain,
    );
  });

  // Elsewhere tfjs's own kernels decide between equals, and about NaN.
  if (backendName === 'wasm') {
    it('give the gradient to the first of equals', () => check(nd([1, 5, 4, 4]), plain));

    it('let NaN win wherever it stands, and send the gradient there', async () => {
      for (let place = 0; place < 4; place++) {
        const values = Array.from({ length: 20 }, (_, i) => (i % 4 === place ? NaN : i));
        const x = new Variable(values, { shape: [1, 5, 2, 2], requiresGrad: true });
        const y = maxPool(x, plain);
        expectClose(await y.values(), [NaN, NaN, NaN, NaN, NaN], 'output');
        y.backward(new Variable([1, 2, 3, 4, 5], { shape: [1, 5, 1, 1] }));
        const expected = values.map((_, i) => (i % 4 === place ? Math.floor(i / 4) + 1 : 0));
        expectClose(await new Variable(x.grad!).values(), expected, 'gradient');
      }
    });
  }
});
