// What every rank runs: the same program, with a copy of the network and a share of every batch. Rank 0 has the first word,
// on the weights and on the order of samples, and the last one, on what is printed.
//   train.mjs [SAMPLES] [EPOCHS]
import { Grid } from '@tessera-nn/grid';
import {
  Activation,
  Adam,
  Conv2D,
  CrossEntropy,
  Flatten,
  Linear,
  MaxPool2D,
  seed,
  Sequential,
  startBackend,
  syntheticDigits,
  Trainer,
} from 'tessera-nn';
import { numberArgument } from '../number-argument.js';

const samples = numberArgument(process.argv[2], 3000, { name: 'samples', from: 6 });
const epochs = numberArgument(process.argv[3], 2, { name: 'epochs', from: 1 });

const nodeinfo = await Grid.join();
await startBackend('wasm');
seed(7); // the same digits everywhere
const [train, test] = syntheticDigits({ count: samples }).split(5 / 6);
const net = new Sequential([
  new Conv2D(1, 8, 5),
  new MaxPool2D(2),
  new Activation('relu'),
  new Conv2D(8, 16, 5),
  new MaxPool2D(2),
  new Activation('relu'),
  new Flatten(),
  new Linear(16 * 4 * 4, 10),
]);
const optimizer = new Adam({ learnRate: 2e-3, nodeinfo }).setupOn(net);
const trainer = new Trainer(net, new CrossEntropy(), optimizer, { batchSize: 64, progress: true });
const started = performance.now();
await trainer.train(train, undefined, { epochs, validation: test });
const seconds = (performance.now() - started) / 1000;
if (nodeinfo.rank === 0) {
  const { loss, validationError } = trainer.history.epochs.at(-1)!;
  const wrong = 100 * Number(validationError);
  console.log(`${nodeinfo.size} ranks, ${seconds.toFixed(1)} s: loss ${loss.toFixed(5)}, ${wrong.toFixed(1)} % wrong`);
}
