// Batches of every size, one after the other: WebGL textures of each size, and programs, if their text told sizes.
import { launcher } from '@tessera-nn/kernels';
import { backendName, onBackend, timesOr } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  BatchNorm2D,
  Conv2D,
  CrossEntropy,
  Flatten,
  Linear,
  MaxPool2D,
  RandomStream,
  Sequential,
  trainStep,
} from 'tessera-nn';

type Call = (...args: unknown[]) => unknown;

if (backendName === 'webgl') {
  describe('Training with batches of 1 to 60 samples', () => {
    onBackend();

    it('compiles nothing after the first two, and keeps at most twice what was most in use', async function () {
      this.timeout(900_000);
      const module = new Sequential([
        new Conv2D(1, 16, 3),
        new BatchNorm2D(16),
        new MaxPool2D(2),
        new Activation('relu'),
        new Conv2D(16, 32, 4),
        new MaxPool2D(2),
        new Activation('relu'),
        new Flatten(),
        new Linear(32, 10),
      ]);
      const learner = { module, cost: new CrossEntropy(), optimizer: new Adam(1e-3).setupOn(module) };
      const stream = new RandomStream(7);
      const step = async (size: number) => {
        const data = Float32Array.from({ length: size * 225 }, () => stream.normal());
        const target = Int32Array.from({ length: size }, () => stream.integer(10));
        const loss = trainStep(learner, { data, shape: [size, 1, 15, 15], target });
        expect(await loss.item()).to.be.finite;
        loss.dispose();
      };
      const { pool, backend } = launcher()!;
      const gl = backend.gpgpu.gl as unknown as Record<string, Call>;
      const calls = { linkProgram: 0, createTexture: 0, deleteTexture: 0 };
      for (const name of Object.keys(calls) as (keyof typeof calls)[]) {
        const call = gl[name]!;
        gl[name] = (...args) => {
          calls[name]++;
          return call.apply(gl, args);
        };
      }
      try {
        await step(1);
        await step(60);
        const { linkProgram } = calls;
        let textures = 0;
        for (let i = 0; i < timesOr(60); i++) {
          await step(1 + stream.integer(60));
          expect(pool.freeBytes).to.be.at.most(2 * pool.mostUsed);
          textures = Math.max(textures, calls.createTexture - calls.deleteTexture);
        }
        expect(calls.linkProgram).to.equal(linkProgram);
        expect(textures).to.be.lessThan(400); // of one step about 80
      } finally {
        for (const name of Object.keys(calls)) Reflect.deleteProperty(gl, name);
      }
    });
  });
}
