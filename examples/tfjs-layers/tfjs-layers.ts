// A Tessera network as a layer of a tfjs-layers model that learns with `fit`: one period of a sine.
import { tensor2d, train } from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { Linear, PRelu, seed, Sequential, startBackend } from 'tessera-nn';
import { TesseraLayer } from './tessera-layer.js';

await startBackend('wasm');
seed(1);

const normal = initializers.leCunNormal({ seed: 1 });
const ours = new TesseraLayer(new Sequential([new Linear(16, 16), new PRelu(16)]));
const model = sequential({
  layers: [
    layers.dense({ units: 16, activation: 'tanh', inputShape: [1], kernelInitializer: normal }),
    ours,
    layers.dense({ units: 1, kernelInitializer: normal }),
  ],
});
model.compile({ optimizer: train.adam(0.02), loss: 'meanSquaredError' });

const count = 64;
// Mixed here, once, since `fit` shuffles with numbers that no seed repeats.
const points = Float32Array.from({ length: count }, (_, i) => (((i * 27) % count) / count) * 6 - 3);
const x = tensor2d(points, [count, 1]);
const y = tensor2d(points.map(Math.sin), [count, 1]);
const { history } = await model.fit(x, y, { epochs: 60, batchSize: 16, shuffle: false, verbose: 0 });
const losses = history.loss as number[];
console.log(`${ours.countParams()} of ${model.countParams()} weights are ours`);
console.log(`loss ${losses[0]!.toFixed(3)} at first, ${losses.at(-1)!.toFixed(3)} after ${losses.length} epochs`);

ours.bringBack();
console.log('the slopes that it learned:', String(ours.module.getVar('1.slopes')));
