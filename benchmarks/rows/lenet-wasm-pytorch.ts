import { startBackend } from 'tessera-nn';
import { lenetBatch } from '../lenet/batch.js';
import { oursStep } from '../lenet/ours.js';
import { profileStep } from '../profile.js';
import { againstPyTorch } from '../pytorch/peer.js';
import type { Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'LeNet, batch 64, one training step: ours on wasm, one thread, against PyTorch on the CPU, one thread',
  where: 'node',
  run: async () => {
    await startBackend('wasm');
    return againstPyTorch('lenet', oursStep(lenetBatch()));
  },
  profile: async () => {
    await startBackend('wasm');
    return profileStep(oursStep(lenetBatch()));
  },
};
