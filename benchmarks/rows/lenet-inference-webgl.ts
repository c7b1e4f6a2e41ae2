import { tensor4d, type Tensor } from '@tensorflow/tfjs-core';
import { noGrad, scope, startBackend, Variable } from 'tessera-nn';
import { countDraws } from '../draws.js';
import { lenetBatch } from '../lenet/batch.js';
import { oursNet } from '../lenet/ours.js';
import { layersNet } from '../lenet/tfjs-layers.js';
import { alternate, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title:
    'LeNet, batch 64, inference with its scores read back: ours against tfjs-layers predictOnBatch, webgl, one page',
  where: 'page',
  run: async () => {
    await startBackend('webgl');
    const { data, shape } = lenetBatch();
    const [module, model] = [oursNet().evalMode(), layersNet()];
    const images = tensor4d(data, [64, 28, 28, 1]);
    const ours = () => {
      const scores = noGrad(() => scope(() => module.forward(new Variable(data, { shape }))));
      return scores.values().finally(() => scores.dispose());
    };
    const peer = async () => {
      const scores = model.predictOnBatch(images) as Tensor;
      await scores.data();
      scores.dispose();
    };
    await ours();
    const launches = await countDraws(ours);
    return { ...(await alternate(ours, peer, { rounds: 15, oursPerRound: 2, peerPerRound: 2 })), launches };
  },
};
