// Digits through 16 numbers and back. Sizes are left out wherever the layer before says them. `npm start -- 50` takes 50 steps.
import {
  Activation,
  Adam,
  Conv2D,
  Deconv2D,
  Flatten,
  Linear,
  MSE,
  noGrad,
  randomStream,
  RandomStream,
  Reshape,
  scope,
  seed,
  Sequential,
  startBackend,
  syntheticDigits,
  Variable,
} from 'tessera-nn';
import { numberArgument } from '../number-argument.js';

const STEPS = numberArgument(process.argv[2], 400, { name: 'steps', from: 1 });
const BATCH = 32;
/** How many numbers are left of the 784 pixels. */
const CODE = 16;

await startBackend('wasm');
seed(1);
const digits = syntheticDigits({ count: 1024, stream: new RandomStream(3) });
const [seen, unseen] = [digits.slice(0, 896), digits.slice(896)];

const relu = () => new Activation('relu');
const encoder = new Sequential([
  new Conv2D({ outmaps: 8, size: 3, stride: 2, pad: 1 }), // [batch, 8, 14, 14]
  relu(),
  new Conv2D({ outmaps: 16, size: 3, stride: 2, pad: 1 }), // [batch, 16, 7, 7]
  relu(),
  new Flatten(),
  new Linear({ outsize: CODE }),
]);
const decoder = new Sequential([
  new Linear({ outsize: 16 * 7 * 7 }),
  relu(),
  new Reshape([0, 16, 7, 7]),
  new Deconv2D({ outmaps: 8, size: 4, stride: 2, pad: 1 }), // [batch, 8, 14, 14]
  relu(),
  new Deconv2D({ outmaps: 1, size: 4, stride: 2, pad: 1 }), // [batch, 1, 28, 28]
]);
const net = new Sequential({ encoder, decoder }).build([BATCH, 1, 28, 28]);
const optimizer = new Adam(2e-3).setupOn(net);
const cost = new MSE();

const batchOf = (source: typeof digits, count: number) => {
  const { data, shape } = source.gather(randomStream().permutation(source.length).subarray(0, count));
  return new Variable(data, { shape });
};
const pictured = (pixels: ArrayLike<number>, row: number) =>
  Array.from({ length: 28 }, (_, x) => ' .:*#'[Math.min(4, Math.max(0, Math.round(pixels[row * 28 + x]! * 4)))]).join(
    '',
  );

/** The mean squared error on digits that it has not seen, in parts of that of the mean of all pixels. */
const judge = () =>
  scope(async () => {
    const images = batchOf(unseen, 128);
    const back = noGrad(() => net.forward(images));
    const mean = images.mean(0, true);
    const share = back.sub(images).pow(2).mean().div(images.sub(mean).pow(2).mean());
    return { share: await share.item(), images: await images.values(), back: await back.values() };
  });

console.log(`${net.numOfParams()} parameters, 784 pixels to ${CODE} numbers`);
console.log(`untrained: ${(100 * (await judge()).share).toFixed(1)} % of the variance is lost`);
for (let step = 1; step <= STEPS; step++) {
  scope(() => {
    const images = batchOf(seen, BATCH);
    const loss = cost.forward(net.forward(images), images);
    optimizer.zeroGradParams();
    loss.backward();
    optimizer.update();
  });
}
const { share, images, back } = await judge();
console.log(`after ${STEPS} steps: ${(100 * share).toFixed(1)} % of the variance is lost`);
for (let row = 4; row < 24; row += 2) console.log(`${pictured(images, row)} ${pictured(back, row)}`);
