import { startBackend } from 'tessera-nn';
import { countDraws } from '../draws.js';
import { lenetBatch } from '../lenet/batch.js';
import { oursStep } from '../lenet/ours.js';
import { layersStep } from '../lenet/tfjs-layers.js';
import { milliseconds, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'LeNet, batch 64, the first training step with all compilation: ours against tfjs-layers, webgl, fresh pages',
  where: 'page',
  pages: 10,
  run: async (page) => {
    await startBackend('webgl');
    const batch = lenetBatch();
    if (page % 2 === 1) return { peer_ms: await milliseconds(() => layersStep(batch)()) };
    let launches = 0;
    const ours = async () => (launches = await countDraws(oursStep(batch)));
    return { ours_ms: await milliseconds(ours), launches };
  },
};
