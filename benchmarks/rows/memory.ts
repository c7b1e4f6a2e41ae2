import { launcher } from '@tessera-nn/kernels';
import { memory } from '@tensorflow/tfjs-core';
import { startBackend } from 'tessera-nn';
import { lenetBatch } from '../lenet/batch.js';
import { oursStep } from '../lenet/ours.js';
import { layersStep } from '../lenet/tfjs-layers.js';
import type { Benchmark } from '../row.js';

/** The members of tfjs's account on WebGL that its types leave out. */
interface GPUMemory {
  numBytes: number;
  numBytesInGPUAllocated: number;
}

const STEPS = 10;

export const benchmark: Benchmark = {
  title: 'LeNet, batch 64, webgl: the bytes of textures that 10 training steps take, ours against tfjs-layers',
  where: 'page',
  // Textures are never given back to the browser, only used again: each side has a page of its own.
  pages: 2,
  run: async (page) => {
    await startBackend('webgl');
    const step = page === 0 ? oursStep(lenetBatch()) : layersStep(lenetBatch());
    for (let i = 0; i < STEPS; i++) await step();
    const { numBytes: held, numBytesInGPUAllocated } = memory() as unknown as GPUMemory;
    const most = numBytesInGPUAllocated + launcher()!.layeredBytes;
    return page === 0 ? { ours_bytes: most, ours_held_bytes: held } : { peer_bytes: most, peer_held_bytes: held };
  },
};
