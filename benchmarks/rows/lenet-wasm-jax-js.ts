import { kernelReport, startBackend } from 'tessera-nn';
import { lenetBatch } from '../lenet/batch.js';
import { jaxStep } from '../lenet/jax-js.js';
import { oursStep } from '../lenet/ours.js';
import { alternate, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'LeNet, batch 64, one training step: ours on wasm, one thread, against jax-js on its wasm device',
  where: 'node',
  run: async () => {
    const batch = lenetBatch();
    await startBackend('wasm');
    const [ours, peer] = [oursStep(batch), await jaxStep(batch)];
    const calls = () => kernelReport().reduce((total, run) => total + run.calls, 0);
    await ours();
    const before = calls();
    await ours();
    const launches = calls() - before;
    return { ...(await alternate(ours, peer, { rounds: 5, oursPerRound: 10, warmUp: 3 })), launches };
  },
};
