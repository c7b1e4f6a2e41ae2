import { launcher } from '@tessera-nn/kernels';
import { backendName, collectGarbage, expectNoMore, held, itCollects, onBackend } from '@tessera-nn/testing';
import { backend, memory } from '@tensorflow/tfjs-core';
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
  seed,
  Sequential,
  trainStep,
} from './index.js';

/** What a backend allocates beside tensors, and never gives back. */
function allocated(): object {
  if (backendName === 'wasm')
    return { heap: (backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length };
  const { numBytesInGPUAllocated } = memory() as unknown as { numBytesInGPUAllocated: number };
  const { layeredBytes, programs } = launcher()!;
  return { numBytesInGPUAllocated, layeredBytes, programs };
}

/** In software WebGL takes its time; what it would not give back shows within fewer. */
const STEPS = backendName === 'wasm' ? 500 : 150;

// The composition on cpu allocates nothing of its own, and takes minutes.
if (backendName !== 'cpu') {
  describe(`Training for ${STEPS} steps [${backendName}]`, () => {
    onBackend();

    itCollects('holds as much after the last as after the tenth, and allocates no more', async function () {
      this.timeout(240_000);
      seed(5);
      const module = new Sequential([
        new Conv2D(1, 8, 3),
        new BatchNorm2D(8),
        new Activation('relu'),
        new Conv2D(8, 8, 3, 1, 1),
        new MaxPool2D(2),
        new Activation('tanh'),
        new Flatten(),
        new Linear(72, 3),
      ]);
      const learner = { module, cost: new CrossEntropy(), optimizer: new Adam(1e-3).setupOn(module) };
      const random = new RandomStream(2);
      const batch = {
        data: Float32Array.from({ length: 6 * 64 }, () => random.normal()),
        shape: [6, 1, 8, 8],
        target: Int32Array.of(0, 1, 2, 2, 1, 0),
      };
      const losses: number[] = [];
      const step = async () => {
        const loss = trainStep(learner, batch);
        losses.push(await loss.item());
        loss.dispose();
      };
      for (let i = 0; i < 10; i++) await step();
      await collectGarbage();
      const [before, most] = [held(), allocated()];
      for (let i = 10; i < STEPS; i++) await step();
      await collectGarbage();
      expectNoMore(before);
      expect(allocated()).to.deep.equal(most);
      expect(losses.at(-1)).to.be.lessThan(0.1 * losses[0]!);
    });
  });
}
