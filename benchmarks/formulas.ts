import {
  dispose,
  elu,
  relu,
  scalar,
  sigmoid,
  softplus,
  tanh,
  tensor1d,
  train,
  variable,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { Activation, Adam, Linear, noGrad, startBackend, Variable, type ActivationName } from 'tessera-nn';
import { alternate, type Figures } from './row.js';

const SIDE = 1 << 10;
const ELEMENTS = SIDE * SIDE;

const kinds: [ActivationName, (x: Tensor) => Tensor][] = [
  ['relu', relu],
  ['sigmoid', sigmoid],
  ['tanh', tanh],
  ['elu', elu],
  ['softPlus', softplus],
];

/** What a title says of it. */
export const work = 'relu, sigmoid, tanh, elu and softPlus of 1,048,576 numbers, and a step of Adam on as many';

/** Ours, from formulas, and the ops of tfjs in turn. */
export async function againstTfjs(backend: 'wasm' | 'webgl'): Promise<Partial<Figures>> {
  await startBackend(backend);
  const values = Float32Array.from({ length: ELEMENTS }, (_, i) => 4 * Math.sin(i * 12.9898));
  const one = scalar(1);
  /** Behind all that was drawn before. */
  const done = () => {
    const last = relu(one);
    last.dataSync();
    last.dispose();
    return Promise.resolve();
  };

  const x = new Variable(values);
  const modules = kinds.map(([kind]) => new Activation(kind));
  const net = new Linear(SIDE, SIDE, { useBias: false });
  const optimizer = new Adam().setupOn(net);
  const row = new Variable(values.subarray(0, SIDE), { shape: [1, SIDE] });
  net.forward(row).backward(row);
  const ours = () => {
    for (const module of modules) noGrad(() => module.forward(x)).dispose();
    optimizer.update();
    return done();
  };

  const tensor = tensor1d(values);
  const { name } = variable(tensor);
  const adam = train.adam();
  const peer = () => {
    for (const [, op] of kinds) dispose(op(tensor));
    adam.applyGradients([{ name, tensor }]);
    return done();
  };
  return alternate(ours, peer, { rounds: 15, oursPerRound: 3, peerPerRound: 1, warmUp: 2 });
}
