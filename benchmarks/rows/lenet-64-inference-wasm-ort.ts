import { lenetBatch } from '../lenet/batch.js';
import { oursNet } from '../lenet/ours.js';
import { inferenceAgainstOrt } from '../onnxruntime/inference.js';
import type { Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title:
    'LeNet, batch 64, inference with its scores read: ours on wasm against onnxruntime-web on wasm, one thread each',
  where: 'node',
  run: () => inferenceAgainstOrt(oursNet, lenetBatch()),
};
