import { dispose, grads, prelu, randomNormal, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { PRelu, startBackend, Variable } from 'tessera-nn';
import { countDraws } from '../draws.js';
import { alternate, type Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: 'PReLU forward and backward, 64x26x26x16 channels last: ours against tf.prelu with tf.grads, both on webgl',
  where: 'page',
  run: async () => {
    // tf.grads knows no gradient without this; Node cannot load it, the page can.
    await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
    await startBackend('webgl');
    const shape: [number, number, number, number] = [64, 26, 26, 16];
    const [images, cotangent] = [randomNormal(shape), randomNormal(shape)];
    // Tensors of its own for each side: both keep them on the GPU in the order they like.
    const copy = (tensor: Tensor) => new Float32Array(tensor.dataSync());
    const slopes = tensor1d(new Float32Array(16).fill(0.25));
    const module = new PRelu({ maps: 16, axis: -1 });
    const x = new Variable(copy(images), { shape, requiresGrad: true });
    const g = new Variable(copy(cotangent), { shape });
    // Everything is drawn in order, so that the values of the slopes' gradient come after all else.
    const ours = () => {
      const y = module.forward(x);
      y.backward(g);
      const read = module.slopes.grad!.dataSync();
      module.slopes.zeroGrad();
      x.zeroGrad();
      y.dispose();
      return Promise.resolve(read);
    };
    const gradients = grads((a: Tensor, alpha: Tensor) => prelu(a, alpha));
    const peer = () => {
      const results = gradients([images, slopes], cotangent);
      const read = results[1]!.dataSync();
      dispose(results);
      return Promise.resolve(read);
    };
    await ours();
    const launches = await countDraws(ours);
    return { ...(await alternate(ours, peer, { rounds: 9, oursPerRound: 5, peerPerRound: 2 })), launches };
  },
};
