import { exportOnnx } from '@tessera-nn/onnx';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { noGrad, scope, startBackend, Variable, type HostBatch, type Sequential } from 'tessera-nn';
import { alternate, type Figures, type Timed } from '../row.js';

const ROUNDS = 60;

/** Scores of one batch, by the same weights: ours on wasm against onnxruntime-web on its wasm, one thread each. */
export async function inferenceAgainstOrt(
  makeNet: () => Sequential,
  { data, shape }: HostBatch,
): Promise<Partial<Figures>> {
  await startBackend('wasm');
  const net = makeNet().evalMode();
  const peer = await ortScores(net, data as Float32Array, shape);
  const ours = async () => {
    const scores = noGrad(() => scope(() => net.forward(new Variable(data, { shape }))));
    await scores.values();
    scores.dispose();
  };
  return alternate(ours, peer, { rounds: ROUNDS, oursPerRound: 5, peerPerRound: 5, warmUp: 300 });
}

async function ortScores(net: Sequential, data: Float32Array, shape: readonly number[]): Promise<Timed> {
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(await exportOnnx(net, shape), { executionProviders: ['wasm'] });
  const [name] = session.inputNames;
  return async () => {
    const scores = await session.run({ [name!]: new Tensor('float32', data, shape) });
    return session.outputNames.map((output) => scores[output]!.data);
  };
}
