import {
  Adam,
  CrossEntropy,
  loadMnist,
  seed,
  startBackend,
  syntheticDigits,
  TesseraError,
  Trainer,
  Validator,
  type ArrayDataset,
} from 'tessera-nn';
import { buildNetwork } from './network.js';
import { readOptions, type Options } from './options.js';
import { EpochBar } from './progress.js';

const UNSEEN_SYNTHETIC = 1000;

async function main(options: Options): Promise<void> {
  const backend = await startBackend(options.backend);
  seed(options.seed);
  const { train, test, source } = await loadDigits(options);
  const net = buildNetwork();
  console.log(String(net));
  console.log(`${net.numOfParams()} weights on ${backend}; ${train.length} ${source}, ${test.length} unseen ones\n`);

  const cost = new CrossEntropy({ maxlabels: 10 });
  const optimizer = new Adam(1e-3).setupOn(net);
  const trainer = new Trainer(net, cost, optimizer, { batchSize: options.batch });
  const validator = new Validator(net, cost);
  const bar = new EpochBar();
  const start = performance.now();
  for await (const step of trainer.run(train, undefined, { epochs: options.epochs })) {
    bar.show(step, await step.loss());
    if (step.batch < step.batches) continue;
    bar.end();
    const accuracy = 100 * (1 - (await validator.validate(test)));
    const error = await cost.getMeanError();
    console.log(`epoch ${step.epoch}: mean loss ${error.toFixed(4)}, ${accuracy.toFixed(2)} % of unseen digits right`);
  }
  console.log(`\ntrained for ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

async function loadDigits({
  data,
  count,
}: Options): Promise<{ train: ArrayDataset; test: ArrayDataset; source: string }> {
  if (data !== undefined) return { ...(await loadMnist({ folder: data })), source: 'MNIST digits' };
  const digits = syntheticDigits({ count: count + UNSEEN_SYNTHETIC });
  return { train: digits.slice(0, count), test: digits.slice(count), source: 'synthetic digits' };
}

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof TesseraError)) throw error;
  console.error(`\n${error.name}: ${error.message}`);
  process.exitCode = 1;
}
