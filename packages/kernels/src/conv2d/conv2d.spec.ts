import { backendName, describeBodies, expectClose, nd, offset, randomNd, type Nd } from '@tessera-nn/testing';
import { dispose, memory, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from './conv2d.js';
import type { ConvGeometry } from './geometry.js';
import { launcher, useLauncher } from '../webgl/drawing/find-launcher.js';
import { positions } from './geometry.js';

interface Convolution {
  /** [batch, height, width, maps] */
  input: readonly [number, number, number, number];
  /** [height, width, maps of one group, outMaps] */
  filter: readonly [number, number, number, number];
  geometry: ConvGeometry;
  bias?: boolean;
}

/** Every new shape compiles some ten programs on WebGL, which SwiftShader does in about half a second. */
const RANDOM_RUNS = backendName === 'webgl' ? 3 : 40;

const plain: ConvGeometry = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 };

function outputShape({ input, filter, geometry: { strides, pads, dilations } }: Convolution): number[] {
  return [
    input[0],
    positions(input[1], filter[0], strides[0], pads[0] + pads[1], dilations[0]),
    positions(input[2], filter[1], strides[1], pads[2] + pads[3], dilations[1]),
    filter[3],
  ];
}

/** Visits every product that a convolution sums: flat places in input, filter and output. */
function eachProduct(convolution: Convolution, visit: (x: number, w: number, y: number) => void): void {
  const { input, filter, geometry } = convolution;
  const { strides, pads, dilations, groups } = geometry;
  const output = outputShape(convolution);
  const outMapsOfGroup = filter[3] / groups;
  for (let n = 0; n < input[0]; n++)
    for (let oh = 0; oh < output[1]!; oh++)
      for (let ow = 0; ow < output[2]!; ow++)
        for (let i = 0; i < filter[0]; i++) {
          const h = oh * strides[0] + i * dilations[0] - pads[0];
          if (h < 0 || h >= input[1]) continue;
          for (let j = 0; j < filter[1]; j++) {
            const w = ow * strides[1] + j * dilations[1] - pads[2];
            if (w < 0 || w >= input[2]) continue;
            for (let o = 0; o < filter[3]; o++) {
              const firstMap = Math.floor(o / outMapsOfGroup) * filter[2];
              for (let c = 0; c < filter[2]; c++) {
                visit(offset(input, n, h, w, firstMap + c), offset(filter, i, j, c, o), offset(output, n, oh, ow, o));
              }
            }
          }
        }
}

const toTensor = ({ shape, data }: Nd): Tensor => tensor(Float32Array.from(data), [...shape]);

async function expectTensor(actual: Tensor, expected: Nd, what: string): Promise<void> {
  expect(actual.shape, what).to.deep.equal([...expected.shape]);
  expectClose(await actual.data(), expected.data, what);
}

/** Runs all three kernels of a convolution and holds every element against the float64 loops. */
async function check(convolution: Convolution): Promise<void> {
  const { input, filter, geometry, bias = false } = convolution;
  const [x, w] = [randomNd(input, 1), randomNd(filter, 2)];
  const b = bias ? randomNd([filter[3]], 3) : nd([filter[3]]);
  const dy = randomNd(outputShape(convolution), 4);
  const [dx, dw] = [nd(input), nd(filter)];
  const y = nd(
    dy.shape,
    dy.data.map((_, i) => b.data[i % filter[3]]!),
  );
  eachProduct(convolution, (atX, atW, atY) => {
    y.data[atY]! += x.data[atX]! * w.data[atW]!;
    dx.data[atX]! += dy.data[atY]! * w.data[atW]!;
    dw.data[atW]! += dy.data[atY]! * x.data[atX]!;
  });

  const before = memory();
  const [xt, wt, bt, dyt] = [x, w, b, dy].map(toTensor) as [Tensor, Tensor, Tensor, Tensor];
  const results = [
    conv2d(xt, wt, bias ? bt : undefined, geometry),
    conv2dInputGradient(dyt, wt, geometry, input),
    conv2dFilterGradient(xt, dyt, geometry, filter),
  ] as const;
  await expectTensor(results[0], y, 'output');
  await expectTensor(results[1], dx, 'gradient of the input');
  await expectTensor(results[2], dw, 'gradient of the filter');
  dispose([xt, wt, bt, dyt, ...results]);
  expect(memory(), 'tensors that are left').to.deep.include({
    numTensors: before.numTensors,
    numDataBuffers: before.numDataBuffers,
    numBytes: before.numBytes,
  });
}

const upTo = (max: number, min = 0) => fc.integer({ min, max });

/** Convolutions that have at least one output position; inputs may be larger than what the windows reach. */
const anyConvolution: fc.Arbitrary<Convolution> = fc
  .record({
    batch: upTo(3, 1),
    groups: upTo(3, 1),
    maps: fc.oneof(upTo(9, 1), upTo(33, 1)),
    outMaps: fc.oneof(upTo(9, 1), upTo(33, 1)),
    window: fc.tuple(upTo(4, 1), upTo(4, 1)),
    strides: fc.tuple(upTo(3, 1), upTo(3, 1)),
    dilations: fc.tuple(upTo(3, 1), upTo(3, 1)),
    pads: fc.tuple(upTo(4), upTo(4), upTo(4), upTo(4)),
    beyond: fc.tuple(upTo(6), upTo(6)),
    bias: fc.boolean(),
  })
  .map(({ batch, groups, maps, outMaps, window, strides, dilations, pads, beyond, bias }) => {
    const length = (axis: 0 | 1, padding: number) =>
      Math.max(1, dilations[axis] * (window[axis] - 1) + 1 - padding) + beyond[axis];
    const mapsOfGroup = Math.max(1, Math.floor(maps / groups));
    return {
      input: [batch, length(0, pads[0] + pads[1]), length(1, pads[2] + pads[3]), mapsOfGroup * groups] as const,
      filter: [...window, mapsOfGroup, Math.max(1, Math.floor(outMaps / groups)) * groups] as const,
      geometry: { strides, pads, dilations, groups },
      bias,
    };
  });

/** Windows of 3 by 3 side by side, which the companion of wasm convolves in another basis. */
const anySquareWindow: fc.Arbitrary<Convolution> = fc
  .record({
    images: fc.tuple(upTo(3, 1), upTo(11, 5), upTo(11, 5)),
    maps: fc.tuple(upTo(20, 7), upTo(20, 7)),
    pads: fc.tuple(upTo(3), upTo(3), upTo(3), upTo(3)),
    bias: fc.boolean(),
  })
  .map(({ images, maps: [maps, outMaps], pads, bias }) => ({
    input: [...images, maps],
    filter: [3, 3, maps, outMaps],
    geometry: { ...plain, pads },
    bias,
  }));

describeBodies('conv2d', () => {
  it('agrees with float64 loops, forward and in both gradients, whatever the geometry', () =>
    fc.assert(fc.asyncProperty(anyConvolution, check), { numRuns: RANDOM_RUNS, seed: 20261121 }));

  it('agrees with float64 loops for windows of 3 by 3 over odd and even images', () =>
    fc.assert(fc.asyncProperty(anySquareWindow, check), { numRuns: backendName === 'webgl' ? 1 : 40, seed: 20261121 }));

  it('convolves each of many maps by itself, whatever its steps', () =>
    check({
      input: [3, 9, 8, 21],
      filter: [3, 2, 1, 21],
      geometry: { strides: [2, 1], pads: [1, 2, 0, 1], dilations: [1, 2], groups: 21 },
      bias: true,
    }));

  it('has as many maps as it likes for every map of a group', () =>
    check({
      input: [2, 6, 5, 4],
      filter: [3, 2, 1, 12],
      geometry: { ...plain, groups: 4, strides: [2, 1] },
      bias: true,
    }));

  it('steps over pixels where the stride exceeds the window', () =>
    check({ input: [2, 7, 8, 3], filter: [2, 1, 3, 4], geometry: { ...plain, strides: [3, 2] }, bias: true }));

  it('pads each side by its own amount', () =>
    check({ input: [1, 4, 5, 2], filter: [3, 2, 2, 3], geometry: { ...plain, pads: [0, 2, 1, 3] } }));

  it('takes windows that lie in the padding altogether', () =>
    check({ input: [2, 2, 3, 2], filter: [2, 2, 2, 3], geometry: { ...plain, pads: [4, 3, 3, 4] } }));

  it('strides and dilates at once', () =>
    check({
      input: [1, 9, 8, 2],
      filter: [3, 2, 2, 2],
      geometry: { ...plain, strides: [2, 3], dilations: [3, 2] },
      bias: true,
    }));

  it('mixes maps pixel by pixel with a window of one', () =>
    check({ input: [3, 4, 3, 9], filter: [1, 1, 9, 5], geometry: plain }));

  it('convolves each map by itself with as many groups as maps', () =>
    check({ input: [2, 5, 4, 6], filter: [3, 3, 1, 6], geometry: { ...plain, groups: 6, pads: [1, 1, 1, 1] } }));

  it('sums long rows of maps, more than register tiles hold and not a multiple of them', () =>
    check({ input: [2, 5, 9, 33], filter: [3, 3, 33, 21], geometry: { ...plain, pads: [1, 1, 1, 1] }, bias: true }));

  it('sums windows of 3 by 3 over many maps and images, of odd sizes', () =>
    check({ input: [3, 15, 14, 37], filter: [3, 3, 37, 26], geometry: { ...plain, pads: [1, 2, 0, 1] } }));

  it('sums windows of 3 by 3 that lie in the padding altogether', () =>
    check({ input: [1, 5, 6, 24], filter: [3, 3, 24, 25], geometry: { ...plain, pads: [3, 0, 2, 3] } }));

  it('takes more output pixels than are summed at a time', () =>
    check({ input: [2, 13, 24, 3], filter: [2, 3, 3, 8], geometry: { ...plain, pads: [1, 0, 1, 1] } }));

  const wide: Record<string, Convolution> = {
    'four maps in and out of every texel': {
      input: [2, 9, 11, 8],
      filter: [3, 3, 8, 12],
      geometry: { ...plain, pads: [1, 1, 1, 1] },
      bias: true,
    },
    'texels that are not full': {
      input: [2, 10, 13, 5],
      filter: [3, 4, 5, 9],
      geometry: { ...plain, strides: [2, 3], pads: [1, 2, 2, 1], dilations: [2, 1] },
      bias: true,
    },
    'rows longer than what is written out in a shader': { input: [2, 5, 40, 4], filter: [2, 5, 4, 8], geometry: plain },
    'rows that no block divides': {
      input: [1, 4, 41, 7],
      filter: [2, 1, 7, 4],
      geometry: { ...plain, pads: [0, 0, 3, 3] },
    },
    'steps as long as a block of pixels': {
      input: [2, 9, 18, 4],
      filter: [3, 5, 4, 6],
      geometry: { ...plain, strides: [4, 4], pads: [2, 1, 1, 2] },
    },
    'images of one map': {
      input: [3, 9, 12, 1],
      filter: [3, 3, 1, 8],
      geometry: { ...plain, strides: [1, 2], pads: [1, 0, 1, 2], dilations: [1, 2] },
      bias: true,
    },
    'images of three maps': {
      input: [2, 8, 8, 3],
      filter: [3, 3, 3, 8],
      geometry: { ...plain, pads: [1, 1, 1, 1] },
      bias: true,
    },
    'groups of whole texels': {
      input: [2, 7, 9, 12],
      filter: [3, 3, 4, 24],
      geometry: { strides: [1, 2], pads: [1, 1, 0, 2], dilations: [2, 1], groups: 3 },
      bias: true,
    },
    'maps by themselves, in texels that are not full': {
      input: [2, 8, 9, 10],
      filter: [3, 5, 1, 10],
      geometry: { strides: [2, 1], pads: [1, 1, 2, 2], dilations: [1, 2], groups: 10 },
      bias: true,
    },
    'steps longer than a block of pixels': {
      input: [1, 6, 17, 4],
      filter: [2, 6, 4, 4],
      geometry: { ...plain, strides: [1, 5] },
    },
  };
  if (backendName === 'webgl') {
    it('draws all groups at once', () => {
      const geometry: ConvGeometry = { ...plain, groups: 16 };
      const [x, w] = [toTensor(randomNd([1, 6, 6, 16], 1)), toTensor(randomNd([3, 3, 1, 16], 2))];
      const { launches } = launcher()!;
      const y = conv2d(x, w, undefined, geometry);
      const grads = [conv2dInputGradient(y, w, geometry, x.shape), conv2dFilterGradient(x, y, geometry, w.shape)];
      expect(launcher()!.launches - launches).to.equal(5); // two for y, which is put in order, one for dx, two for dw
      dispose([x, w, y, ...grads]);
    });
  }

  for (const [what, convolution] of Object.entries(wide))
    it(`agrees with float64 loops for ${what}`, () => check(convolution));

  if (backendName === 'webgl') {
    for (const what of [
      'texels that are not full',
      'groups of whole texels',
      'images of one map',
      'images of three maps',
    ]) {
      it(`agrees with float64 loops for ${what}, with four render targets`, async () => {
        useLauncher(true, { targets: 4 });
        try {
          await check(wide[what]!);
        } finally {
          useLauncher(true);
        }
      });
    }

    it('agrees with float64 loops where the launcher is off', async () => {
      useLauncher(false);
      try {
        await check(wide['texels that are not full']!);
      } finally {
        useLauncher(true);
      }
    });

    it('lets infinite weights alone that lie next to the zeros of a texel that is not full', async () => {
      const x = toTensor(
        nd(
          [1, 1, 2, 5],
          Float64Array.from({ length: 10 }, () => 1),
        ),
      );
      const filter = tensor([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ...new Array<number>(10).fill(Infinity)], [1, 2, 5, 2]);
      const y = conv2d(x, filter, undefined, plain);
      expect([...(await y.data())]).to.deep.equal([Infinity, Infinity]);
      dispose([x, filter, y]);
    });
  }

  it('gives pixels that no window reaches a gradient of exactly 0', async () => {
    const [dy, filter] = [tensor([2, 3], [1, 1, 2, 1]), tensor([5, 7], [1, 2, 1, 1])];
    const dx = conv2dInputGradient(dy, filter, { ...plain, strides: [2, 3] }, [1, 2, 6, 1]);
    expect([...(await dx.data())]).to.deep.equal([10, 14, 0, 15, 21, 0, 0, 0, 0, 0, 0, 0]);
    dispose([dy, filter, dx]);
  });

  it('convolves with the same weights and another bias, and over another batch and size', async () => {
    // XNNPACK keeps its operators by the identity of filter and bias: neither may leak into the other's call.
    const filter = toTensor(randomNd([1, 1, 2, 2], 6));
    const biases = [tensor([1, -1]), tensor([2, -2])] as const;
    for (const shape of [
      [1, 3, 3, 2],
      [2, 4, 3, 2],
    ]) {
      const x = toTensor(randomNd(shape, 5));
      const [one, two] = biases.map((bias) => conv2d(x, filter, bias, plain)) as [Tensor, Tensor];
      const [first, second] = [await one.data(), await two.data()];
      const rise = second.map((value, i) => value - first[i]!);
      expectClose(
        rise,
        rise.map((_, i) => (i % 2 === 0 ? 1 : -1)),
        'difference of the biases',
      );
      dispose([x, one, two]);
    }
    dispose([filter, ...biases]);
  });
});
