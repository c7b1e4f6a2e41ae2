import { oneHot, tensor1d, tensor4d, train } from '@tensorflow/tfjs-core';
import { layers, sequential, type Sequential } from '@tensorflow/tfjs-layers';
import type { HostBatch } from 'tessera-nn';

/** The same net in tfjs-layers, ready to train. */
export function layersNet(): Sequential {
  const model = sequential({
    layers: [
      layers.conv2d({ inputShape: [28, 28, 1], filters: 16, kernelSize: 3 }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.activation({ activation: 'relu' }),
      layers.conv2d({ filters: 32, kernelSize: 4 }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.activation({ activation: 'relu' }),
      layers.flatten(),
      layers.dense({ units: 1024, activation: 'relu' }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: train.adam(1e-3), loss: 'categoricalCrossentropy' });
  return model;
}

/** The same step in tfjs-layers, `trainOnBatch`, on the backend that is current. */
export function layersStep({ data, shape, target }: HostBatch): () => Promise<number> {
  const model = layersNet();
  const images = tensor4d(data, [shape[0]!, 28, 28, 1]);
  const labels = oneHot(tensor1d(target as Int32Array, 'int32'), 10);
  return async () => (await model.trainOnBatch(images, labels)) as number;
}
