import { startBackend } from 'tessera';
import { countDraws } from '../draws.js';
import { lenetBatch } from '../lenet/batch.js';
import { oursStep } from '../lenet/ours.js';
import { layersStep } from '../lenet/tfjs-layers.js';
import { milliseconds, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'LeNet, batch 64, the first training step with all compilation: ours against tfjs-layers, webgl, fresh pages',
  where: 'page',
  pages: 5,
  run: async () => {
    await startBackend('webgl');
    const batch = lenetBatch();
    const [ours, peer] = [() => oursStep(batch)(), () => layersStep(batch)()];
    // Neither has programs of the other; who comes first changes from page to page.
    const oursFirst = Math.random() < 0.5;
    const early = await milliseconds(oursFirst ? ours : peer);
    const late = await milliseconds(oursFirst ? peer : ours);
    const [ours_ms, peer_ms] = oursFirst ? [early, late] : [late, early];
    return { ours_ms, peer_ms, ratio: peer_ms / ours_ms, launches: await countDraws(ours) };
  },
};
