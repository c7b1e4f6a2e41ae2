import '@tensorflow/tfjs-layers'; // brings the gradients of tfjs's kernels along, which Node cannot load by themselves
import { grad, randomNormal, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  AvgPool1D,
  AvgPool2D,
  AvgPool3D,
  gradients,
  noGrad,
  scope,
  startBackend,
  Variable,
  type Module,
} from 'tessera-nn';
import { alternate, Unavailable, type Figures } from '../row.js';
import { cases, type Case } from './cases.js';

/** Forward, and the gradient of the input for a cotangent of the output itself; the sum of that is read. */
export async function measure(backend: 'wasm' | 'webgl', index: number): Promise<Partial<Figures>> {
  await startBackend(backend);
  const one = cases[index]!;
  const values = randomNormal([...one.shape]);
  const ours = oursOf(one, new Float32Array(values.dataSync()));
  const peer = peerOf(one, values);
  try {
    await peer();
  } catch (error) {
    throw new Unavailable(`tfjs cannot: ${(error as Error).message.split('\n')[0]!.slice(0, 80)}`);
  }
  return alternate(ours, peer, { rounds: 9, oursPerRound: 2, peerPerRound: 2, warmUp: 3 });
}

function oursOf({ shape, ours }: Case, values: Float32Array) {
  const module = ours();
  for (const parameter of module.parameters()) parameter.requiresGrad = false;
  const x = asModulesLeaveIt(values, shape);
  x.requiresGrad = true;
  return () =>
    scope(() => {
      const y = module.forward(x);
      const [dx] = gradients(y, [x], { seed: y.detach() });
      return Promise.resolve(dx!.sum().data.dataSync());
    });
}

/** The same values as a module before it leaves them: maps last in memory, where there are some. */
function asModulesLeaveIt(values: Float32Array, shape: readonly number[]): Variable {
  const given = new Variable(values, {
    shape: shape.length < 3 ? shape : [shape[0]!, shape.at(-1)!, ...shape.slice(1, -1)],
  });
  const pools: Record<number, Module> = { 3: new AvgPool1D(1, 1), 4: new AvgPool2D(1, 1), 5: new AvgPool3D(1, 1) };
  const pool = pools[shape.length];
  return pool ? noGrad(() => pool.forward(given)) : given;
}

function peerOf({ peer }: Case, x: Tensor) {
  const compute = peer();
  const gradient = grad((input: Tensor) => compute(input));
  return () => Promise.resolve(tidy(() => sum(gradient(x, compute(x))).dataSync()));
}
