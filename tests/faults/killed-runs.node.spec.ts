// Runs that are killed anywhere and go on from their file end as the run that was never killed, to the bit.
import { tellCounts, timesOr, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RandomStream } from 'tessera-nn';
import { programIn } from './program.js';

const WASM = path.resolve(import.meta.dirname, '../../node_modules/@tensorflow/tfjs-backend-wasm/dist');
/** Everything that a run can consist of. The first line of what it writes says that it trains. */
const TRAINING = `
import { writeFile } from 'node:fs/promises';
import * as t from 'tessera-nn';

await t.startBackend('wasm', { wasmPath: ${JSON.stringify(WASM)} });
const [place, result] = process.argv.slice(2);
t.seed(7);
const [digits, test] = t.syntheticDigits({ count: 90 }).split(0.8);
const train = t.augmented(digits, [t.randomCrop({ pad: 2 })], { stream: new t.RandomStream(8) });
const net = new t.Sequential([
  new t.MaxPool2D({ size: 4, stride: 4 }),
  new t.Flatten(),
  new t.Linear(49, 12),
  new t.BatchNorm1D(12),
  new t.Activation('relu'),
  new t.Dropout({ p: 0.3, rng: new t.RandomStream(9) }),
  new t.Linear(12, 10),
]);
const optimizer = new t.Adam(0.01).setupOn(net);
const schedule = new t.CosineAnnealingLR(optimizer, { tMax: 30 });
const stream = new t.RandomStream(5);
const works = { batchSize: 10, clipNorm: 1, schedule, scheduleEvery: 'step', stream };
const trainer = new t.Trainer(net, new t.CrossEntropy(), optimizer, works);
await trainer.load(place);
process.stdout.write('training');
const goes = { epochs: 4, saveTo: place, saveEvery: 2, validation: test, keepBest: true };
const mean = await trainer.train(train, undefined, goes);
const weights = await Promise.all(Array.from(net.tensors(), (variable) => variable.array()));
const { history } = trainer;
await writeFile(result, JSON.stringify([mean, weights, await optimizer.stateDict(), t.randomStream().state, stream.state, history]));
`;

describe('A kill while a network is trained', function () {
  const times = timesOr(2);
  this.timeout(60_000 + 10_000 * times);
  onBackend();
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'tessera-runs-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  it('costs nothing but time: weights, state, streams and history are those of the run that was never killed', async () => {
    const program = await programIn(folder, TRAINING);
    const random = new RandomStream(6);
    const counts = { kills: 0, 'whole runs': 0 };
    const run = async (name: string, life = Infinity): Promise<{ killed: boolean; lasted: number }> => {
      const child = spawn(process.execPath, [program, path.join(folder, name), path.join(folder, `${name}.json`)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      await Promise.race([once(child.stdout, 'data'), ended]);
      const start = performance.now();
      const timer = Number.isFinite(life) ? setTimeout(() => child.kill('SIGKILL'), life) : undefined;
      await ended;
      clearTimeout(timer);
      if (child.signalCode !== 'SIGKILL') expect(child.exitCode).to.equal(0);
      return { killed: child.signalCode === 'SIGKILL', lasted: performance.now() - start };
    };
    const { lasted } = await run('whole');
    const expected = await readFile(path.join(folder, 'whole.json'), 'utf8');
    for (let i = 0; counts.kills < times; i++) {
      const name = `killed-${i}`;
      while (counts.kills < times && (await run(name, random.uniform(0, 0.7 * lasted))).killed) counts.kills++;
      if (counts.kills === times) await run(name);
      expect(await readFile(path.join(folder, `${name}.json`), 'utf8')).to.equal(expected);
      counts['whole runs']++;
    }
    tellCounts(counts);
  });
});
