import { launcher } from '@tessera/kernels';
import { backendName, onBackend } from '@tessera/testing';
import { memory } from '@tensorflow/tfjs-core';
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
  PRelu,
  seed,
  Sequential,
  trainStep,
} from './index.js';

if (backendName === 'webgl') {
  describe('Training for 500 steps on webgl', () => {
    onBackend();

    it('holds as much after the last as after the tenth, in tensors, textures and programs', async function () {
      this.timeout(240_000);
      seed(7);
      const module = new Sequential([
        new Conv2D(1, 4, 3),
        new BatchNorm2D(4),
        new PRelu(4),
        new MaxPool2D(2),
        new Conv2D(4, 6, 2),
        new Activation('tanh'),
        new Flatten(),
        new Linear(24, 3),
      ]);
      const learner = { module, cost: new CrossEntropy(), optimizer: new Adam(1e-3).setupOn(module) };
      const batch = {
        data: Float32Array.from({ length: 4 * 64 }, (_, i) => Math.sin(i * i)),
        shape: [4, 1, 8, 8],
        target: Int32Array.of(0, 1, 2, 1),
      };
      const account = () => {
        const { numTensors, numBytes, numBytesInGPUAllocated } = memory() as unknown as Record<string, number>;
        const { stackBytes, programs } = launcher()!;
        return { numTensors, numBytes, numBytesInGPUAllocated, stackBytes, programs };
      };
      let early: object | undefined;
      for (let i = 1; i <= 500; i++) {
        const loss = trainStep(learner, batch);
        if (i % 10 === 0) expect(await loss.item()).to.be.lessThan(3);
        loss.dispose();
        if (i === 10) early = account();
      }
      expect(account()).to.deep.equal(early);
    });
  });
}
