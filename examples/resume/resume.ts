// A run that can be ended anywhere, by Ctrl+C, a crash or a power cut. Started again, it goes on where it was.
//   npm start -- 8 runs/digits      epochs in all, and where the run is kept
import path from 'node:path';
import {
  Activation,
  Adam,
  Conv2D,
  CosineAnnealingLR,
  CrossEntropy,
  Dropout,
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

const epochs = numberArgument(process.argv[2], 4, { name: 'epochs', from: 1 });
/** npm runs the example in its own folder. */
const file = path.resolve(process.env.INIT_CWD ?? '.', process.argv[3] ?? 'runs/digits');

await startBackend('wasm');
seed(7); // the same digits and the same first weights, each time; a run that goes on has its own random numbers
const [train, test] = syntheticDigits({ count: 600 }).split(5 / 6);
const net = new Sequential([
  new Conv2D(1, 8, 5),
  new MaxPool2D(2),
  new Activation('relu'),
  new Flatten(),
  new Dropout(0.3),
  new Linear(8 * 12 * 12, 10),
]);
const optimizer = new Adam(2e-3).setupOn(net);
const trainer = new Trainer(net, new CrossEntropy(), optimizer, {
  batchSize: 50,
  schedule: new CosineAnnealingLR(optimizer, { tMax: epochs }),
  progress: true,
  onEpochFinish: ({ epoch, loss, validationError }) =>
    console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}, ${(100 * Number(validationError)).toFixed(1)} % wrong`),
});

const goesOn = await trainer.load(file);
console.log(goesOn ? `goes on behind step ${trainer.history.losses.length}` : 'begins');
await trainer.train(train, undefined, { epochs, validation: test, keepBest: true, saveTo: file, saveEvery: 5 });
console.log(`${trainer.history.losses.length} steps, the last loss is ${trainer.history.losses.at(-1)}`);
