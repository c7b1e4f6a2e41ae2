import { startBackend } from 'tessera-nn';
import { cifarBatch } from '../cifar/batch.js';
import { oursStep } from '../cifar/ours.js';
import { layersStep } from '../cifar/tfjs-layers.js';
import { countDraws } from '../draws.js';
import { profileStep } from '../profile.js';
import { alternate, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'CIFAR net, batch 32, one training step: ours against tfjs-layers trainOnBatch, both on webgl in one page',
  where: 'page',
  run: async () => {
    await startBackend('webgl');
    const batch = cifarBatch();
    const [ours, peer] = [oursStep(batch), layersStep(batch)];
    await ours();
    const launches = await countDraws(ours);
    return { ...(await alternate(ours, peer, { rounds: 4, oursPerRound: 2, warmUp: 1 })), launches };
  },
  profile: async () => {
    await startBackend('webgl');
    return profileStep(oursStep(cifarBatch()));
  },
};
