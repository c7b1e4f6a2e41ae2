import { backendName, onBackend } from '@tessera-nn/testing';
import { memory, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { addKernel } from '../../arithmetic/arithmetic.js';
import { runKernel } from '../../kernel.js';
import { sumKernel } from '../../sum/sum.js';
import { readBack } from './read-back.js';
import { launcher } from '../drawing/find-launcher.js';

const counted = (size: number) => Float32Array.from({ length: size }, (_, i) => i + 1);
const twice = (size: number): Tensor => {
  const a = tensor(counted(size));
  const result = runKernel(addKernel, { a, b: a }, {});
  a.dispose();
  return result;
};

describe(`reading back [${backendName}]`, () => {
  onBackend();

  for (const size of [1, 2, 3, 4, 8, 1000, 1001, 5000]) {
    it(`gives ${size} values and leaves nothing behind`, async () => {
      const before = memory().numTensors;
      const x = twice(size);
      const values = await readBack(x);
      expect(values).to.be.instanceOf(Float32Array);
      expect([...values]).to.deep.equal([...counted(size)].map((value) => 2 * value));
      x.dispose();
      expect(memory().numTensors).to.equal(before);
    });
  }

  it('keeps the number type', async () => {
    const x = tensor([1, -2, 3, 4], [4], 'int32');
    expect(await readBack(x)).to.deep.equal(Int32Array.of(1, -2, 3, 4));
    x.dispose();
  });

  it('is not disturbed when the tensor is freed meanwhile, and its memory used again', async () => {
    const x = twice(64);
    const reading = readBack(x);
    x.dispose();
    const other = runKernel(addKernel, { a: tensor(new Float32Array(64)), b: tensor([7]) }, {});
    expect([...(await reading)]).to.deep.equal([...counted(64)].map((value) => 2 * value));
    other.dispose();
  });

  if (backendName === 'webgl') {
    it('draws nothing for dense textures and single numbers', async () => {
      const x = twice(64);
      const total = runKernel(sumKernel, { x }, { axes: [0], keepDims: false });
      const gl = launcher()!.backend.gpgpu.gl as unknown as Record<string, (...args: number[]) => void>;
      const calls = ['drawArrays', 'drawElements'];
      let draws = 0;
      for (const name of calls) {
        const draw = gl[name]!;
        gl[name] = (...args) => {
          draws++;
          draw.apply(gl, args);
        };
      }
      try {
        expect((await readBack(x))[63]).to.equal(128);
        expect([...(await readBack(total))]).to.deep.equal([64 * 65]);
        expect(draws).to.equal(0);
        await x.data();
        expect(draws, "tfjs's own way").to.equal(1);
      } finally {
        for (const name of calls) Reflect.deleteProperty(gl, name);
      }
      x.dispose();
      total.dispose();
    });
  }
});
