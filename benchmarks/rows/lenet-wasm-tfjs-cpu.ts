import { setBackend } from '@tensorflow/tfjs-core';
import { kernelReport, startBackend } from 'tessera-nn';
import { lenetBatch } from '../lenet/batch.js';
import { oursStep } from '../lenet/ours.js';
import { layersStep } from '../lenet/tfjs-layers.js';
import { alternate, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'LeNet, batch 64, one training step: ours on wasm, one thread, against tfjs-layers on cpu',
  where: 'node',
  run: async () => {
    const batch = lenetBatch();
    await startBackend('cpu');
    const theirs = layersStep(batch);
    await startBackend('wasm');
    const step = oursStep(batch);
    const calls = () => kernelReport().reduce((total, run) => total + run.calls, 0);
    await step();
    const before = calls();
    await step();
    const launches = calls() - before;
    const ours = async () => {
      await setBackend('wasm');
      await step();
    };
    const peer = async () => {
      await setBackend('cpu');
      await theirs();
    };
    return { ...(await alternate(ours, peer, { rounds: 3, oursPerRound: 10, warmUp: 1 })), launches };
  },
};
