// A DCGAN learns to draw digits from random numbers. `npm start -- 50` takes 50 steps.
import {
  Adam,
  BCE,
  dcganDiscriminator,
  dcganGenerator,
  noGrad,
  ones,
  randn,
  RandomStream,
  randomStream,
  scope,
  seed,
  startBackend,
  syntheticDigits,
  Variable,
  zeros,
} from 'tessera-nn';
import { numberArgument } from '../number-argument.js';
import { pictures } from './pictures.js';

const STEPS = numberArgument(process.argv[2], 600, { name: 'steps', from: 1 });
const BATCH = 32;
/** How many random numbers a digit is made of. */
const LATENT = 32;
const SIZE = 16;
/** How many digits are looked at to judge the generator. */
const JUDGED = 256;

await startBackend('wasm');
seed(1);
const digits = syntheticDigits({ count: 4096 + 2 * JUDGED, size: SIZE, stream: new RandomStream(3) });
const [seen, others, unseen] = [digits.slice(0, 4096), digits.slice(4096, 4096 + JUDGED), digits.slice(4096 + JUDGED)];
const generator = dcganGenerator({ latent: LATENT, size: SIZE, maps: 1, width: 1 / 4 });
const discriminator = dcganDiscriminator({ size: SIZE, maps: 1, width: 1 / 4 });
const adam = () => new Adam({ learnRate: 1e-3, beta1: 0.5 });
const [generatorRule, discriminatorRule] = [adam().setupOn(generator), adam().setupOn(discriminator)];
const cost = new BCE();
const [real, made] = [ones([BATCH, 1]), zeros([BATCH, 1])];

/** Digits from -1, the paper, to 1, as the generator's tanh makes them. */
const batchOf = (source: typeof digits, indices: ArrayLike<number>) => {
  const { data, shape } = source.gather(indices);
  return new Variable(data, { shape }).mul(2).sub(1);
};
const all = (source: typeof digits) =>
  batchOf(
    source,
    Array.from({ length: source.length }, (_, i) => i),
  );

/** How far it is from each of the one to the nearest of the other, in squares, on average. */
function distance(from: Variable, to: Variable): Variable {
  const [a, b] = [from.reshape([from.shape[0]!, -1]), to.reshape([to.shape[0]!, -1])];
  const squares = a.pow(2).sum(1, true).add(b.pow(2).sum(1)).sub(a.matmul(b.transpose()).mul(2));
  return squares.min(1).mean();
}

/** How much farther unseen digits are from the generator's than from as many real ones: 1 is as good as they. */
const judge = () =>
  scope(async () => {
    const drawn = noGrad(() => generator.eval().forward(randn([JUDGED, LATENT])));
    generator.train();
    const target = all(unseen);
    const ratio = distance(target, drawn).div(distance(target, all(others)));
    return { ratio: await ratio.item(), drawn: await drawn.values() };
  });

console.log(`${generator.numOfParams()} parameters draw, ${discriminator.numOfParams()} judge`);
console.log(`untrained: ${(await judge()).ratio.toFixed(2)} times as far as real digits`);
for (let step = 1; step <= STEPS; step++) {
  const losses = await scope(async () => {
    const truth = batchOf(seen, randomStream().permutation(seen.length).subarray(0, BATCH));
    const drawn = generator.forward(randn([BATCH, LATENT]));

    discriminatorRule.zeroGradParams();
    const told = cost
      .forward(discriminator.forward(truth), real)
      .add(cost.forward(discriminator.forward(drawn.detach()), made));
    told.backward();
    discriminatorRule.update();

    generatorRule.zeroGradParams();
    const fooled = cost.forward(discriminator.forward(drawn), real);
    fooled.backward();
    generatorRule.update();
    return step % 50 === 0 ? [await told.item(), await fooled.item()] : [];
  });
  const [told, fooled] = losses.map((loss) => loss.toFixed(3));
  if (told) console.log(`step ${step}: the discriminator's loss ${told}, the generator's ${fooled}`);
}
const { ratio, drawn } = await judge();
console.log(`after ${STEPS} steps: ${ratio.toFixed(2)} times as far as real digits`);
console.log(pictures(drawn, SIZE, 5));
