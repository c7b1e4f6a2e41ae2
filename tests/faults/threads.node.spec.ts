// Threads that end in the middle of their work, and a change of their number while others compute.
import { expect } from 'chai';
import worker from 'node:worker_threads';
import { BackendError, Linear, MSE, RandomStream, seed, SGD, setThreads, startBackend, Trainer } from 'tessera-nn';
import { onBackend, timesOr } from '@tessera-nn/testing';
import { ThreadPool } from '../../packages/kernels/src/wasm/thread-pool.js';
import { replaceWasm } from '../../packages/kernels/src/wasm/threads.js';
import { makeWasmBackend } from '../../packages/kernels/src/wasm/wasm-backend.js';
import { TASKS } from '../../packages/kernels/src/wasm/thread.source.js';

const SIZE = 256;
const random = new RandomStream(5);
const data = Array.from({ length: 32 }, () => Float32Array.from({ length: SIZE }, () => random.normal()));
const rows = data.map((row) => [...row]);

function makeTrainer(): Trainer {
  seed(3);
  const net = new Linear(SIZE, SIZE);
  return new Trainer(net, new MSE(), new SGD(0.1).setupOn(net), { batchSize: 16 });
}

const valuesOf = async ({ module }: Trainer): Promise<number[][]> =>
  Promise.all(Array.from(module.tensors(), async (variable) => [...(await variable.values())]));

describe('Threads', function () {
  this.timeout(60_000 + 2000 * timesOr(3));
  onBackend();
  const { patience } = ThreadPool;
  const { Worker } = worker;
  const { sub } = Atomics;
  afterEach(async () => {
    ThreadPool.patience = patience;
    Object.assign(worker, { Worker });
    Object.assign(Atomics, { sub });
    await setThreads(1);
  });

  it('that end in the middle of a task end the step with an error, which leaves all as it was', async () => {
    /** Threads end where they would compute; the calling one is held up, so that they take a task. */
    const dying = class extends Worker {
      constructor(source: string, options: object) {
        super(source.replace('functions[names[controls[FUNCTION]]](...args)', 'process.exit()'), options);
      }
    };
    const slow = (array: Int32Array, at: number, value: number): number => {
      const before = sub(array, at, value);
      for (const until = performance.now() + (at === TASKS ? 3 : 0); performance.now() < until;);
      return before;
    };
    const expected = makeTrainer();
    await expected.train(rows, rows);
    ThreadPool.patience = 50;
    for (let i = 0; i < timesOr(3); i++) {
      const trainer = makeTrainer();
      const before = await valuesOf(trainer);
      Object.assign(worker, { Worker: dying });
      await setThreads(2 + random.integer(3));
      Object.assign(worker, { Worker });
      Object.assign(Atomics, { sub: slow });
      const error = await trainer.train(rows, rows).catch((reason: unknown) => reason);
      Object.assign(Atomics, { sub });
      expect(error).to.be.instanceOf(BackendError);
      expect((error as Error).message).to.match(/A thread ended in the middle of \w+\..*setThreads\(\d\)/);
      expect(await valuesOf(trainer)).to.deep.equal(before);
      const again = makeTrainer();
      await again.train(rows, rows);
      expect(await valuesOf(again)).to.deep.equal(await valuesOf(expected));
    }
  });

  it('may be as many as wanted at any time while a network is trained, which changes no bit', async () => {
    const alone = makeTrainer();
    await alone.train(rows, rows, { epochs: 3 });
    const expected = await valuesOf(alone);
    for (let i = 0; i < timesOr(3); i++) {
      replaceWasm(await makeWasmBackend(false)); // so that the backend is exchanged amid the training
      await startBackend('wasm');
      const trainer = makeTrainer();
      let isDone = false;
      const training = trainer.train(rows, rows, { epochs: 3 }).finally(() => (isDone = true));
      while (!isDone) {
        await Promise.all([setThreads(1 + random.integer(3)), setThreads(1 + random.integer(3))]);
        await new Promise((resolve) => setTimeout(resolve, random.integer(4)));
      }
      await training;
      expect(await valuesOf(trainer)).to.deep.equal(expected);
    }
  });
});
