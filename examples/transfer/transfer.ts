// What was learned of the digits 0 to 4 helps with a few of the digits 5 to 9. `npm start -- 5` goes over them 5 times in each part.
import {
  Activation,
  Adam,
  Conv2D,
  CrossEntropy,
  filterSamples,
  Flatten,
  Linear,
  mapSamples,
  MaxPool2D,
  RandomStream,
  seed,
  Sequential,
  startBackend,
  subset,
  syntheticDigits,
  Trainer,
  Validator,
  type LabelledSamples,
} from 'tessera-nn';
import { numberArgument } from '../number-argument.js';

const EPOCHS = numberArgument(process.argv[2], 20, { name: 'epochs', from: 1 });
/** How many of the new digits there are to learn from. */
const FEW = 25;

await startBackend('wasm');
seed(1);
const digits = syntheticDigits({ count: 2400, stream: new RandomStream(7) });
const old = filterSamples(digits, (label) => label < 5);
const fresh = filterSamples(digits, (label) => label >= 5);
const part = (from: number, to: number) =>
  mapSamples(
    subset(
      fresh,
      Array.from({ length: to - from }, (_, i) => from + i),
    ),
    (batch) => {
      return { ...batch, labels: batch.labels.map((label) => label - 5) };
    },
  );
const [few, unseen] = [part(0, FEW), part(FEW, fresh.length)];

const make = () =>
  new Sequential({
    body: new Sequential([
      new Conv2D({ outmaps: 8, size: 3 }),
      new MaxPool2D(2),
      new Activation('relu'),
      new Conv2D({ outmaps: 16, size: 3 }),
      new MaxPool2D(2),
      new Activation('relu'),
      new Flatten(),
    ]),
    head: new Linear({ outsize: 5 }),
  }).build([1, 1, 28, 28]);

async function learn(net: Sequential, optimizer: Adam, data: LabelledSamples, epochs: number): Promise<void> {
  const trainer = new Trainer(net, new CrossEntropy(), optimizer, { batchSize: 25 });
  await trainer.train(data, undefined, { epochs });
}
const wrong = async (net: Sequential) =>
  `${(100 * (await new Validator(net, new CrossEntropy()).validate(unseen))).toFixed(1)} % wrong`;

const alone = make();
await learn(alone, new Adam(2e-3).setupOn(alone), few, 2 * EPOCHS);
console.log(`from nothing: ${await wrong(alone)}`);

const net = make();
await learn(net, new Adam(2e-3).setupOn(net), old, 6);

net.at('body').freeze();
net.replace('head', new Linear({ outsize: 5 })).build([1, 1, 28, 28]);
await learn(net, new Adam(2e-3).setupOn(net), few, EPOCHS);
console.log(`with a new head: ${await wrong(net)}`);

net.at('body').unfreeze();
const gentle = new Adam(1e-3).setupOn(net).addGroup('body', { learnRate: 1e-4 });
await learn(net, gentle, few, EPOCHS);
console.log(`finely tuned: ${await wrong(net)}`);
