import { batchNorm, dispose, grads, moments, ones, randomNormal, type Tensor } from '@tensorflow/tfjs-core';
import { Storage } from '@tessera-nn/core/internal';
import { BatchNorm2D, startBackend, Variable } from 'tessera-nn';
import { countDraws } from '../draws.js';
import { alternate, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title:
    'Batch normalisation in training, 32x28x28x64, forward and backward: ours against tf.moments, tf.batchNorm and tf.grads',
  where: 'page',
  run: async () => {
    // tf.grads knows no gradient without this; Node cannot load it, the page can.
    await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
    await startBackend('webgl');
    const shape: [number, number, number, number] = [32, 28, 28, 64];
    const images = () => randomNormal(shape, 3);
    const module = new BatchNorm2D(64);
    // Channels last, as a convolution leaves them.
    const channelsLast = (tensor: Tensor, requiresGrad: boolean) =>
      new Variable(new Storage(tensor, 'channelsLast', { op: 'input', call: undefined }), { requiresGrad });
    const [x, g] = [channelsLast(images(), true), channelsLast(images(), false)];
    // Everything is drawn in order, so that the values read at the end come after all else.
    const ours = () => {
      const y = module.forward(x);
      y.backward(g);
      const read = module.bias.grad!.dataSync();
      for (const variable of [module.scale, module.bias, x]) variable.zeroGrad();
      y.dispose();
      return Promise.resolve(read);
    };
    const gradients = grads((image: Tensor, scale: Tensor, bias: Tensor) => {
      const { mean, variance } = moments(image, [0, 1, 2]);
      return batchNorm(image, mean, variance, bias, scale, 1e-5);
    });
    const [inputs, cotangent] = [[images(), ones([64]), ones([64])], images()];
    const peer = () => {
      const results = gradients(inputs, cotangent);
      const read = results[2]!.dataSync();
      dispose(results);
      return Promise.resolve(read);
    };
    await ours();
    const launches = await countDraws(ours);
    return { ...(await alternate(ours, peer, { rounds: 7, oursPerRound: 3 })), launches };
  },
};
