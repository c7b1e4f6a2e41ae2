// A Wasserstein critic with a gradient penalty (WGAN-GP, Gulrajani et al. 2017): it scores digits above their own pixels in
// disorder, and is kept from being steeper than 1, so that the difference of the scores is a distance.
import {
  Activation,
  Adam,
  Conv2D,
  Flatten,
  ledger,
  Linear,
  noGrad,
  scope,
  seed,
  Sequential,
  startBackend,
} from 'tessera-nn';
import { numberArgument } from '../number-argument.js';
import { images } from './images.js';
import { gradientPenalty, slopesBetween } from './penalty.js';

const STEPS = 100;
const BATCH = 32;
/**
 * How much the penalty weighs; `npm start -- 0` shows what comes without it. The best critic's slope is 1 + distance / (2
 * lambda): the paper takes 10, for images that a generator brings near; these stay apart.
 */
const LAMBDA = numberArgument(process.argv[2], 100, { name: 'lambda', from: 0, fractions: true });

await startBackend('wasm');
seed(3);

const leaky = () => new Activation({ activation: 'leakyRelu', args: [0.2] });
const critic = new Sequential([
  new Conv2D({ inmaps: 1, outmaps: 8, size: 4, stride: 2, pad: 1 }), // [batch, 8, 14, 14]
  leaky(),
  new Conv2D({ inmaps: 8, outmaps: 16, size: 4, stride: 2, pad: 1 }), // [batch, 16, 7, 7]
  leaky(),
  new Flatten(),
  new Linear(16 * 7 * 7, 1),
]);
const optimizer = new Adam(1e-3, 0.5, 0.9).setupOn(critic);

const learn = () =>
  scope(() => {
    const { real, fake } = images('seen', BATCH);
    const distance = critic.forward(real).mean().sub(critic.forward(fake).mean());
    const penalty = gradientPenalty(slopesBetween(critic, real, fake));
    optimizer.zeroGradParams();
    penalty.mul(LAMBDA).sub(distance).backward(); // through the gradient inside of the penalty
    optimizer.update();
  });

/** On digits that the critic was not trained with. */
const judge = (when: string) =>
  scope(async () => {
    const { real, fake } = images('unseen', 128);
    const [high, low] = noGrad(() => [critic.forward(real), critic.forward(fake)]);
    const [scores, others] = [await high.values(), await low.values()];
    const slopes = await slopesBetween(critic, real, fake).values();
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value) / values.length;
    const above = mean(scores.map((score, i) => Number(score > others[i]!)));
    console.log(
      `${when}: slope ${mean(slopes).toFixed(3)}, distance ${(mean(scores) - mean(others)).toFixed(3)}, ` +
        `${(100 * above).toFixed(1)} % of unseen digits above disorder`,
    );
  });

const tensors = () => ledger().reduce((sum, { count }) => sum + count, 0);

await judge('untrained');
const held: number[] = [];
for (let step = 1; step <= STEPS; step++) {
  learn();
  held.push(tensors());
  if (step % 25 === 0) await judge(`step ${step}`);
}
const counts = [...new Set(held.slice(1))]; // the first step makes the optimizer's state
console.log(`held after each step from the second on: ${counts.join(' or ')} tensors`);
