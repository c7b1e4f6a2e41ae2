import { startBackend } from 'tessera-nn';
import { lenetBatch } from '../lenet/batch.js';
import { oursStep } from '../lenet/ours.js';
import { layersStep } from '../lenet/tfjs-layers.js';
import { countDraws } from '../draws.js';
import { profileStep } from '../profile.js';
import { alternate, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'LeNet, batch 64, one training step: ours against tfjs-layers trainOnBatch, both on webgl in one page',
  where: 'page',
  run: async () => {
    await startBackend('webgl');
    const batch = lenetBatch();
    const [ours, peer] = [oursStep(batch), layersStep(batch)];
    await ours();
    const launches = await countDraws(ours);
    return { ...(await alternate(ours, peer, { rounds: 5, oursPerRound: 2, peerPerRound: 2 })), launches };
  },
  profile: async () => {
    await startBackend('webgl');
    return profileStep(oursStep(lenetBatch()));
  },
};
