// Checks both Swishes, and lets one learn: one period of a sine.
import {
  kernelReport,
  Adam,
  gradCheck,
  Linear,
  MSE,
  scope,
  seed,
  Sequential,
  startBackend,
  Variable,
} from 'tessera-nn';
import { FastSwish } from './fast-swish.js';
import { Swish } from './swish.js';

await startBackend('wasm');
seed(1);

for (const module of [new Swish({ beta: 1.5 }), new FastSwish({ beta: 1.5 })]) {
  console.log(`${module.className}: ${String(await gradCheck(module, [[-2, -0.5, 0, 1, 3]])).split('\n')[0]}`);
}

const count = 64;
const points = Float32Array.from({ length: count }, (_, i) => (i / count) * 6 - 3);
const net = new Sequential([new Linear(1, 32), new FastSwish(), new Linear(32, 1)]);
const cost = new MSE();
const optimizer = new Adam(0.01).setupOn(net);
for (let step = 0; step < 300; step++) {
  scope(() => {
    const loss = cost.forward(net.forward(new Variable(points, { shape: [count, 1] })), points.map(Math.sin));
    optimizer.zeroGradParams();
    loss.backward();
    optimizer.update();
  });
}
console.log('mean squared error', (await cost.getError()).toFixed(4));
for (const { kernel, body } of kernelReport()) if (kernel.startsWith('Swish')) console.log(`${kernel} ran its ${body}`);
