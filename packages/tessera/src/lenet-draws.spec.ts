import { launcher } from '@tessera-nn/kernels';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  Conv2D,
  CrossEntropy,
  Flatten,
  Linear,
  MaxPool2D,
  RandomStream,
  Sequential,
  trainStep,
} from './index.js';

/** How often WebGL is asked to draw, by us or by tfjs. */
async function drawsOf(work: () => Promise<unknown>): Promise<number> {
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
    await work();
  } finally {
    for (const name of calls) Reflect.deleteProperty(gl, name);
  }
  return draws;
}

if (backendName === 'webgl') {
  describe('A training step of LeNet [webgl]', () => {
    onBackend();

    it('draws 44 times, with its loss read back', async () => {
      const module = new Sequential([
        new Conv2D(1, 16, 3),
        new MaxPool2D(2),
        new Activation('relu'),
        new Conv2D(16, 32, 4),
        new MaxPool2D(2),
        new Activation('relu'),
        new Flatten(),
        new Linear(800, 1024),
        new Activation('relu'),
        new Linear(1024, 10),
      ]);
      const learner = { module, cost: new CrossEntropy(), optimizer: new Adam(1e-3).setupOn(module) };
      const random = new RandomStream(3);
      const batch = {
        data: Float32Array.from({ length: 64 * 28 * 28 }, () => random.normal()),
        shape: [64, 1, 28, 28],
        target: Int32Array.from({ length: 64 }, (_, i) => i % 10),
      };
      const step = async () => {
        const loss = trainStep(learner, batch);
        await loss.item();
        loss.dispose();
      };
      await step();
      await step();
      expect(await drawsOf(step)).to.equal(44);
    });
  });
}
