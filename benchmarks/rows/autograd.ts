import '@tensorflow/tfjs-layers'; // brings the gradients of tfjs's kernels along, which Node cannot load by themselves
import { grad, mul, scalar, sum, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { kernelReport, scope, startBackend, Variable } from 'tessera-nn';
import { alternate, type Benchmark } from '../row.js';

/** So many ops that milliseconds of a run are microseconds of an op. */
const OPS = 1_000;

export const benchmark: Benchmark = {
  title: `${OPS} multiplications of 4 numbers in a row, recorded and differentiated, wasm: ours against tf.grad; 1 ms is 1 us an op`,
  where: 'node',
  run: async () => {
    await startBackend('wasm');
    const start = new Float32Array([1, 2, 3, 4]);
    const x = new Variable(start, { requiresGrad: true });
    const factor = new Variable([1]);
    const ours = () => {
      scope(() => {
        let y = x;
        for (let i = 0; i < OPS; i++) y = y.mul(factor);
        y.sum().backward();
      });
      const read = x.grad!.dataSync();
      x.zeroGrad();
      return Promise.resolve(read);
    };
    const [theirs, one] = [tensor1d(start), scalar(1)];
    const gradient = grad((given: Tensor) => {
      let y = given;
      for (let i = 0; i < OPS; i++) y = mul(y, one);
      return sum(y);
    });
    const peer = () => {
      const result = gradient(theirs);
      const read = result.dataSync();
      result.dispose();
      return Promise.resolve(read);
    };
    const calls = () => kernelReport().reduce((total, run) => total + run.calls, 0);
    await ours();
    const before = calls();
    await ours();
    const launches = calls() - before;
    return { ...(await alternate(ours, peer, { rounds: 9, oursPerRound: 3, peerPerRound: 3, warmUp: 3 })), launches };
  },
};
