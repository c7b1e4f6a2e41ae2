import { setThreads, startBackend } from 'tessera-nn';
import { cifarBatch } from '../cifar/batch.js';
import { oursStep } from '../cifar/ours.js';
import { againstPyTorch } from '../pytorch/peer.js';
import type { Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'CIFAR net, batch 32, one training step: ours on wasm, two threads, against PyTorch on the CPU, one thread',
  where: 'node',
  run: async () => {
    await setThreads(2);
    await startBackend('wasm');
    return againstPyTorch('cifar', oursStep(cifarBatch()));
  },
};
