import { oneHot, tensor1d, tensor4d, train } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { HostBatch } from 'tessera-nn';

/** The same step in tfjs-layers, `trainOnBatch`, on the backend that is current; images are channels-last there. */
export function layersStep({ data, shape, target }: HostBatch): () => Promise<number> {
  const normalized = (filters: number, more: object = {}) => [
    layers.conv2d({ filters, kernelSize: 3, padding: 'same', ...more }),
    layers.batchNormalization(),
    layers.activation({ activation: 'relu' }),
  ];
  const model = sequential({
    layers: [
      ...normalized(32, { inputShape: [32, 32, 3] }),
      ...normalized(32),
      layers.maxPooling2d({ poolSize: 2 }),
      ...normalized(64),
      ...normalized(64),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 128, activation: 'relu' }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: train.adam(1e-3), loss: 'categoricalCrossentropy' });
  const images = tensor4d(data, [shape[0]!, 32, 32, 3]);
  const labels = oneHot(tensor1d(target as Int32Array, 'int32'), 10);
  return async () => (await model.trainOnBatch(images, labels)) as number;
}
