import { startBackend } from 'tessera-nn';
import { cifarBatch } from '../cifar/batch.js';
import { oursStep } from '../cifar/ours.js';
import { againstPyTorch } from '../pytorch/peer.js';
import type { Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'CIFAR net, batch 32, one training step: ours on wasm, one thread, against PyTorch on the CPU, one thread',
  where: 'node',
  run: async () => {
    await startBackend('wasm');
    return againstPyTorch('cifar', oursStep(cifarBatch()));
  },
};
