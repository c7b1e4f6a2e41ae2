// A narrow ResNet learns which of ten things a small colour picture shows. `npm start -- --data FOLDER` learns CIFAR-10.
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  AdamW,
  augmented,
  CrossEntropy,
  loadCifar10,
  OneCycleLR,
  randomCrop,
  randomFlip,
  resNet18,
  seed,
  startBackend,
  Trainer,
  Validator,
} from 'tessera-nn';
import { numberArgument } from '../number-argument.js';
import { colourShapes } from './colour-shapes.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    epochs: { type: 'string' },
    count: { type: 'string' },
  },
});
const epochs = numberArgument(values.epochs, 4, { name: '--epochs', from: 1 });
const count = numberArgument(values.count, 1536, { name: '--count', from: 1 });
const BATCH = 32;

await startBackend('wasm');
seed(1);
// npm runs this in the example's folder; a relative path means the folder that the user is in
const folder = values.data && path.resolve(process.env.INIT_CWD ?? '.', values.data);
const { train, test } = folder
  ? await loadCifar10({ folder })
  : { train: colourShapes(count), test: colourShapes(Math.ceil(count / 4)) };
const net = resNet18({ classes: 10, width: 1 / 8, stem: 'cifar' });
console.log(`${net.numOfParams()} parameters; ${train.length} pictures, and ${test.length} unseen ones`);

const cost = new CrossEntropy();
const optimizer = new AdamW().setupOn(net);
const totalSteps = epochs * Math.ceil(train.length / BATCH);
const schedule = new OneCycleLR(optimizer, { maxLr: 5e-3, totalSteps });
const trainer = new Trainer(net, cost, optimizer, { batchSize: BATCH, schedule, scheduleEvery: 'step' });
const validator = new Validator(net, cost);
const right = async () => `${(100 * (1 - (await validator.validate(test)))).toFixed(1)} % of unseen pictures right`;
const varied = augmented(train, [randomCrop({ pad: 2 }), randomFlip()]);

console.log(`untrained: ${await right()}`);
for await (const step of trainer.run(varied, undefined, { epochs })) {
  if (step.batch < step.batches) continue;
  console.log(`epoch ${step.epoch}: mean loss ${(await cost.getMeanError()).toFixed(3)}, ${await right()}`);
}
