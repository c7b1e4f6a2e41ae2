import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  valueAndGrad,
  type Array as Values,
} from '@jax-js/jax';
import { RandomStream, type HostBatch } from 'tessera-nn';

const SHAPES = [[16, 1, 3, 3], [16], [32, 16, 4, 4], [32], [800, 1024], [1024], [1024, 10], [10]];
const [RATE, BETA1, BETA2, EPSILON] = [1e-3, 0.9, 0.999, 1e-8];

/** The largest of two by two pixels. */
const pool = (x: Values, maps: number, size: number): Values => np.max(x.reshape([-1, maps, size, 2, size, 2]), [3, 5]);

function forward([w1, b1, w2, b2, w3, b3, w4, b4]: Values[], images: Values): Values {
  const first = lax.conv(images, w1!, [1, 1], 'VALID').add(b1!.reshape([1, 16, 1, 1]));
  const second = lax.conv(nn.relu(pool(first, 16, 13)), w2!, [1, 1], 'VALID').add(b2!.reshape([1, 32, 1, 1]));
  const flat = nn.relu(pool(second, 32, 5)).reshape([-1, 800]);
  return np.dot(nn.relu(np.dot(flat, w3!).add(b3!)), w4!).add(b4!);
}

const loss = (weights: Values[], images: Values, targets: Values): Values =>
  np.mean(np.sum(nn.logSoftmax(forward(weights, images), -1).mul(targets), -1)).neg();

const adam = jit((w: Values, m: Values, v: Values, g: Values, rate: Values): Values[] => {
  const mean = m.mul(BETA1).add(g.ref.mul(1 - BETA1));
  const squares = v.mul(BETA2).add(g.ref.mul(g).mul(1 - BETA2));
  return [w.sub(rate.mul(mean.ref).div(np.sqrt(squares.ref).add(EPSILON))), mean, squares];
});

/** The same step in jax-js on its wasm device: its gradient compiled, and Adam compiled for each weight. */
export async function jaxStep({ data, shape, target }: HostBatch): Promise<() => Promise<number>> {
  await init('wasm');
  defaultDevice('wasm');
  const random = new RandomStream(1);
  const start = (shape: number[]) => {
    const fan = shape.length > 2 ? shape[1]! * shape[2]! * shape[3]! : shape[0]!;
    const size = shape.reduce((product, length) => product * length);
    const scale = shape.length > 1 ? 1 / Math.sqrt(fan) : 0;
    return np.array(Float32Array.from({ length: size }, () => scale * random.normal())).reshape(shape);
  };
  const gradient = jit(valueAndGrad(loss));
  const images = np.array(Float32Array.from(data)).reshape([...shape]);
  const labels = nn.oneHot(np.array(Int32Array.from(target as Int32Array)), 10);
  let state = SHAPES.map((of) => [start(of), np.zeros(of), np.zeros(of)]);
  let t = 0;
  return async () => {
    const [value, grads] = gradient(
      state.map(([w]) => w!.ref),
      images.ref,
      labels.ref,
    );
    t++;
    const rate = (RATE * Math.sqrt(1 - BETA2 ** t)) / (1 - BETA1 ** t);
    state = state.map(([w, m, v], i) => adam(w!, m!, v!, grads[i]!, np.array(rate)));
    await blockUntilReady(state);
    const [mean] = (await value.data()) as Float32Array;
    return mean!;
  };
}
