// A small U-Net says which pixels a disc or a square covers, in noise. `npm start -- 20` takes 20 steps.
import { Adam, BCE, noGrad, scope, seed, startBackend, uNet } from 'tessera-nn';
import { numberArgument } from '../number-argument.js';
import { shapes } from './shapes.js';

const STEPS = numberArgument(process.argv[2], 100, { name: 'steps', from: 1 });
const BATCH = 8;

await startBackend('wasm');
seed(1);
const net = uNet({ width: 1 / 8, depth: 2 });
const optimizer = new Adam(3e-3).setupOn(net);
const cost = new BCE();
console.log(`A U-Net with ${net.numOfParams()} parameters`);

/** Of the pixels that are covered or called so, how many are both, on images that it has not seen. */
const overlap = () =>
  scope(async () => {
    const { images, masks } = shapes(32);
    const [scores, truth] = [await noGrad(() => net.eval().forward(images)).values(), await masks.values()];
    net.train();
    let [both, either] = [0, 0];
    truth.forEach((covered, i) => {
      both += Number(covered > 0 && scores[i]! > 0);
      either += Number(covered > 0 || scores[i]! > 0);
    });
    return both / either;
  });

console.log(`untrained: IoU ${(await overlap()).toFixed(3)}`);
for (let step = 1; step <= STEPS; step++) {
  const loss = await scope(async () => {
    const { images, masks } = shapes(BATCH);
    const loss = cost.forward(net.forward(images), masks);
    optimizer.zeroGradParams();
    loss.backward();
    optimizer.update();
    return loss.item();
  });
  if (step % 10 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
}
console.log(`after ${STEPS} steps: IoU ${(await overlap()).toFixed(3)}`);
