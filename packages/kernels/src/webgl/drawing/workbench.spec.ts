import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import { add, dispose, memory, slice, sum, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { addKernel } from '../../arithmetic/arithmetic.js';
import { runKernel } from '../../kernel.js';
import { matmulKernel } from '../../matmul/matmul.js';
import { reshapeTensor } from '../../shape/reshape.js';
import { transposeTensor } from '../../shape/transpose.js';
import { launcher, useLauncher } from './find-launcher.js';
import { sizeOf } from '../../shapes.js';

const counted = (size: number) => Float32Array.from({ length: size }, (_, i) => i + 1);
const sizes = [1, 2, 3, 4, 5, 7, 8, 63, 64, 1000, 1001];

if (backendName === 'webgl') {
  describe('textures of our own on WebGL', () => {
    onBackend();

    for (const size of sizes) {
      it(`are tensors like all others, with ${size} elements`, async () => {
        const before = memory();
        const a = tensor(counted(size));
        const twice = runKernel(addKernel, { a, b: a }, {});
        const thrice: Tensor = add(twice, a);
        const total: Tensor = sum(twice);
        expect([...(await twice.data())], 'read').to.deep.equal([...counted(size)].map((value) => 2 * value));
        expect(twice.arraySync(), 'as an array').to.have.length(size);
        expectClose(
          await thrice.data(),
          [...counted(size)].map((value) => 3 * value),
          'added by tfjs',
        );
        expectClose(await total.data(), [size * (size + 1)], 'summed by tfjs');
        dispose([a, twice, thrice, total]);
        expect(memory()).to.deep.include({
          numTensors: before.numTensors,
          numDataBuffers: before.numDataBuffers,
          numBytes: before.numBytes,
        });
      });
    }

    it('are made from views into larger tensors', async () => {
      const whole = runKernel(addKernel, { a: tensor(counted(30)), b: tensor([0]) }, {});
      for (const [begin, size] of [
        [3, 8],
        [5, 7],
      ] as const) {
        const part = tidy(() => slice(add(whole, 0), [begin], [size]));
        const twice = runKernel(addKernel, { a: part, b: part }, {});
        expect([...(await twice.data())]).to.deep.equal([...counted(size)].map((value) => 2 * (value + begin)));
        dispose([part, twice]);
      }
      whole.dispose();
    });

    it('share their values with every shape they are given, until the last is gone', async () => {
      const x = runKernel(addKernel, { a: tensor(counted(24), [4, 6]), b: tensor(counted(24), [4, 6]) }, {});
      const launches = launcher()!.launches;
      const y = reshapeTensor(x, [2, 12]);
      expect(launcher()!.launches).to.equal(launches);
      x.dispose();
      expect(y.shape).to.deep.equal([2, 12]);
      expect([...(await y.data())]).to.deep.equal([...counted(24)].map((value) => 2 * value));
      y.dispose();
    });

    it('change the order of their axes', async () => {
      for (const shape of [
        [3, 4, 5],
        [2, 3, 4, 8],
      ]) {
        const size = sizeOf(shape);
        const order = shape.map((_, axis) => axis).reverse();
        const x = tensor(counted(size), shape);
        const there = transposeTensor(x, order);
        const back = transposeTensor(there, order);
        expect(there.shape).to.deep.equal([...shape].reverse());
        expect([...(await there.data())].slice(0, 2)).to.deep.equal([1, 1 + size / shape[0]!]);
        expect([...(await back.data())]).to.deep.equal([...counted(size)]);
        dispose([x, there, back]);
      }
    });

    it('hold more rows than a texture can be high', async () => {
      const x = tensor(counted(80000), [20000, 4]);
      const y = runKernel(addKernel, { a: x, b: x }, {});
      const values = await y.data();
      expect([values[0], values[79999]]).to.deep.equal([2, 160000]);
      dispose([x, y]);
    });

    it('need no new program for another batch', async () => {
      const run = async (batch: number) => {
        const [a, b] = [tensor(counted(batch * 8), [batch, 8]), tensor(counted(96), [8, 12])];
        const y = runKernel(matmulKernel, { a, b, bias: undefined }, { transposeA: false, transposeB: false });
        await y.data();
        dispose([a, b, y]);
      };
      await run(64);
      const programs = launcher()!.programs;
      await run(40);
      await run(17);
      expect(launcher()!.programs).to.equal(programs);
    });

    it('are read by what runs without the launcher', async () => {
      const x = runKernel(addKernel, { a: tensor(counted(12), [3, 4]), b: tensor(counted(12), [3, 4]) }, {});
      useLauncher(false);
      try {
        expect(launcher()).to.equal(undefined);
        const y = runKernel(addKernel, { a: x, b: x }, {});
        expect([...(await y.data())]).to.deep.equal([...counted(12)].map((value) => 4 * value));
        dispose([x, y]);
      } finally {
        useLauncher(true);
      }
    });
  });
}
