import { backendName, expectClose, onBackend, randomNd } from '@tessera-nn/testing';
import { add, dispose, memory, slice, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { addKernel } from '../../arithmetic/arithmetic.js';
import { conv2d } from '../../conv2d/conv2d.js';
import type { ConvGeometry } from '../../conv2d/geometry.js';
import { runKernel } from '../../kernel.js';
import { matmulKernel } from '../../matmul/matmul.js';
import { reshapeTensor } from '../../shape/reshape.js';
import { transposeTensor } from '../../shape/transpose.js';
import { readBack } from './read-back.js';
import { tilesOf } from './tiled-tensor.js';
import { launcher, useLauncher } from '../drawing/find-launcher.js';

const random = (shape: readonly number[], seed: number): Tensor =>
  tensor(Float32Array.from(randomNd([...shape], seed).data), [...shape]);

/** A product that is too large for one draw of a texel a fragment. */
function product(rows = 70, seed = 1): Tensor {
  const [a, b, bias] = [random([rows, 96], seed), random([96, 164], 2), random([164], 3)];
  const y = runKernel(matmulKernel, { a, b, bias }, { transposeA: false, transposeB: false });
  dispose([a, b, bias]);
  return y;
}

function convolution([height, width]: readonly [number, number], maps = 8): Tensor {
  const geometry: ConvGeometry = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 };
  const [x, filter, bias] = [random([2, height, width, 4], 4), random([3, 3, 4, maps], 5), random([maps], 6)];
  const y = conv2d(x, filter, bias, geometry);
  dispose([x, filter, bias]);
  return y;
}

const makers: Record<string, () => Tensor> = {
  'a product': () => product(),
  'a convolution of small images': () => convolution([7, 9]),
  'a convolution whose rows fill the texture': () => convolution([70, 130], 32),
};

async function valuesOf(make: () => Tensor): Promise<Float32Array> {
  useLauncher(false);
  try {
    const x = make();
    const values = (await x.data()) as Float32Array;
    x.dispose();
    return values;
  } finally {
    useLauncher(true);
  }
}

function drawsOf(work: () => void): number {
  const { launches } = launcher()!;
  work();
  return launcher()!.launches - launches;
}

const gpuMemory = () => {
  const { numTensors, numBytes, numBytesInGPU } = memory() as ReturnType<typeof memory> & { numBytesInGPU: number };
  return { numTensors, numBytes, numBytesInGPU };
};

if (backendName === 'webgl') {
  describe('tensors in tiles on WebGL', () => {
    onBackend();

    for (const [what, make] of Object.entries(makers)) {
      it(`have the values that they have in order: ${what}`, async () => {
        const expected = await valuesOf(make);
        const readers: Record<string, (x: Tensor) => Promise<ArrayLike<number>>> = {
          'read by us': (x) => readBack(x),
          'read by tfjs': (x) => x.data(),
          'read at once': (x) => Promise.resolve(x.dataSync()),
        };
        for (const [reader, read] of Object.entries(readers)) {
          const x = make();
          expect(tilesOf(x), 'in tiles').to.not.equal(undefined);
          expectClose(await read(x), expected, reader);
          expect(tilesOf(x), 'in order').to.equal(undefined);
          expectClose(await read(x), expected, `${reader} again`);
          x.dispose();
        }
      });

      it(`are read in tiles by element-wise kernels, and by tfjs in order: ${what}`, async () => {
        const expected = (await valuesOf(make)).map((value) => 2 * value);
        const x = make();
        expect(
          drawsOf(() => {
            const twice = runKernel(addKernel, { a: x, b: x }, {});
            twice.dispose();
          }),
        ).to.equal(1);
        const twice = runKernel(addKernel, { a: x, b: x }, {});
        expect(tilesOf(x), 'still in tiles').to.not.equal(undefined);
        const byTfjs: Tensor = add(x, x);
        expectClose(await twice.data(), expected, 'by us');
        expectClose(await byTfjs.data(), expected, 'by tfjs');
        dispose([x, twice, byTfjs]);
      });

      it(`change their shape and the order of their axes, and are cut: ${what}`, async () => {
        const expected = await valuesOf(make);
        const x = make();
        const flat = reshapeTensor(x, [x.size / 4, 4]);
        const turned = transposeTensor(flat, [1, 0]);
        expect(tilesOf(flat), 'still in tiles').to.not.equal(undefined);
        x.dispose();
        const part = tidy(() => slice(flat, [3, 1], [5, 2]));
        const rows = expected.length / 4;
        expectClose(
          await turned.data(),
          expected.map((_, i) => expected[(i % rows) * 4 + Math.floor(i / rows)]!),
          'turned',
        );
        expectClose(
          await part.data(),
          Array.from({ length: 10 }, (_, i) => expected[13 + (i >> 1) * 4 + (i & 1)]!),
          'cut',
        );
        dispose([flat, turned, part]);
      });

      it(`leave nothing behind, read or not: ${what}`, async () => {
        make().dispose();
        const { layeredBytes } = launcher()!;
        const before = gpuMemory();
        expect(
          drawsOf(() => make().dispose()),
          'a draw, and none for the order',
        ).to.equal(1);
        expect(gpuMemory()).to.deep.equal(before);
        const x = make();
        const shared = reshapeTensor(x, [x.size]);
        x.dispose();
        await shared.data();
        shared.dispose();
        expect(gpuMemory()).to.deep.equal(before);
        expect(launcher()!.layeredBytes).to.equal(layeredBytes);
      });
    }

    it('are not drawn over while they are held', async () => {
      const makers = [7, 8, 9].map((seed) => () => product(70, seed));
      const held = makers.map((make) => make());
      for (const [i, x] of held.entries()) {
        expectClose(await x.data(), await valuesOf(makers[i]!), `product ${i}`);
        x.dispose();
      }
    });

    it('are put in order where the launcher has been switched off since', async () => {
      const expected = (await valuesOf(() => product())).map((value) => 2 * value);
      const x = product();
      useLauncher(false);
      try {
        const twice = runKernel(addKernel, { a: x, b: x }, {});
        expectClose(await twice.data(), expected, 'twice');
        dispose([x, twice]);
      } finally {
        useLauncher(true);
      }
    });

    it('need no new program for another batch', () => {
      const run = (rows: number) => {
        const x = product(rows);
        dispose([runKernel(addKernel, { a: x, b: x }, {}), x]);
      };
      run(64);
      const { programs } = launcher()!;
      run(90);
      expect(launcher()!.programs).to.equal(programs);
    });
  });
}
