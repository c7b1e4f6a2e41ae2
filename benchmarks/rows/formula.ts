import { elu, relu, sigmoid, softplus, tanh, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { Activation, noGrad, startBackend, Variable, type ActivationName } from 'tessera-nn';
import { alternate, type Benchmark } from '../row.js';

const ELEMENTS = 1 << 20;

const kinds: [ActivationName, (x: Tensor) => Tensor][] = [
  ['relu', relu],
  ['sigmoid', sigmoid],
  ['tanh', tanh],
  ['elu', elu],
  ['softPlus', softplus],
];

export const benchmark: Benchmark = {
  title:
    'relu, sigmoid, tanh, elu and softPlus of 1,048,576 elements, wasm: ours, from formulas, against the ops of tfjs',
  where: 'node',
  run: async () => {
    await startBackend('wasm');
    const values = Float32Array.from({ length: ELEMENTS }, (_, i) => 4 * Math.sin(i * 12.9898));
    const [x, tensor] = [new Variable(values), tensor1d(values)];
    const modules = kinds.map(([kind]) => new Activation(kind));
    const ours = () => {
      for (const module of modules) noGrad(() => module.forward(x)).dispose();
      return Promise.resolve();
    };
    const peer = () => {
      for (const [, op] of kinds) op(tensor).dispose();
      return Promise.resolve();
    };
    return alternate(ours, peer, { rounds: 15, oursPerRound: 3, peerPerRound: 1, warmUp: 2 });
  },
};
