// A Trainer in a worker: this file is loaded there, too, and is its program.
import { Sequential } from '@tessera-nn/containers';
import { BackendError, ModuleError, seed, ShapeError, ValueError } from '@tessera-nn/core';
import { nodeModule } from '@tessera-nn/core/internal';
import { CrossEntropy } from '@tessera-nn/cost';
import { ArrayDataset } from '@tessera-nn/data';
import { save } from '@tessera-nn/io';
import { startBackend } from '@tessera-nn/kernels';
import { BatchNorm1D, Dropout, Linear } from '@tessera-nn/modules';
import { Adam } from '@tessera-nn/optim';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { DivergenceError } from '../divergence.js';
import type { EpochRecord } from '../history.js';
import { Trainer } from '../trainer.js';
import { Validator } from '../validator.js';
import type { AnyWorker } from './port.js';
import { serveTrainer } from './serve-trainer.js';
import { WorkerTrainer, type WorkerTrainerOptions } from './worker-trainer.js';

const labels = Int32Array.from({ length: 20 }, (_, i) => i % 2);
const values = Float32Array.from({ length: 40 }, (_, i) => Math.sin(5 * i) + labels[i >> 1]!);
const points = new ArrayDataset({ data: values, shape: [20, 2], labels });
const EPOCHS = { epochs: 3, validation: points };

function makeTrainer(): Trainer {
  seed(7);
  const net = new Sequential([new Linear(2, 4), new BatchNorm1D(4), new Dropout(0.2), new Linear(4, 2)], 'net');
  return new Trainer(net, new CrossEntropy(), new Adam(0.05).setupOn(net), { batchSize: 4 });
}

async function serve({ backend }: { backend: string }) {
  await startBackend(backend, nodeModule('node:process') ? {} : { wasmPath: '/wasm/' });
  const trainer = makeTrainer();
  const sumOf = (name: string) => trainer.module.getVar(name).values().then(sum);
  return { trainer, data: { points }, calls: { sumOf } };
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);

type ThreadOf = new (code: string, options: { eval: true }) => AnyWorker;
const { Worker: Thread } = nodeModule<{ Worker: ThreadOf }>('node:worker_threads') ?? {};

function newWorker(): AnyWorker {
  if (!Thread) return new Worker(import.meta.url, { type: 'module' });
  // tsx, which reads this file, does so in the main thread alone unless it is asked.
  const file = JSON.stringify(import.meta.url);
  return new Thread(`import('tsx/esm/api').then(({ register }) => (register(), import(${file})))`, { eval: true });
}

async function thrownBy<Kind extends Error>(
  work: Promise<unknown>,
  kind: new (...args: never[]) => Kind,
): Promise<Kind> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(kind);
  return error as Kind;
}

function specs(this: Mocha.Suite): void {
  this.timeout(60_000); // a thread takes its time to compile on a busy machine
  onBackend();
  const told = { steps: [] as number[], epochs: [] as EpochRecord[] };
  const callbacks: WorkerTrainerOptions = {
    onBatchFinish: ({ batch }) => told.steps.push(batch),
    onEpochFinish: (record) => told.epochs.push(record),
  };
  let worker: AnyWorker;
  let trainer: WorkerTrainer;
  let anew: Uint8Array;
  before(async () => {
    worker = newWorker();
    trainer = await WorkerTrainer.start(worker, { backend: backendName }, callbacks);
    anew = await trainer.save();
  });
  beforeEach(() => trainer.load(anew));
  after(() => trainer.close());

  it('has the history, the mean error and the weights of one without a worker, to the bit', async () => {
    const local = makeTrainer();
    const mean = await local.train(points, undefined, EPOCHS);
    const error = await new Validator(local.module, local.cost, { batchSize: 4 }).validate(points);
    expect(await trainer.train('points', undefined, { ...EPOCHS, validation: 'points' })).to.equal(mean);
    expect(trainer.history).to.deep.equal(local.history);
    expect(await trainer.saveNetwork()).to.deep.equal(await save(local.module));
    expect(await trainer.validate('points')).to.equal(error);
    expect(told.steps).to.deep.equal([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
    expect(told.epochs).to.deep.equal(local.history.epochs);
  });

  it('walks through steps with their losses, over data that are sent, and goes on from a file', async () => {
    const local = makeTrainer();
    const losses: number[] = [];
    for await (const step of local.run(points, undefined, EPOCHS)) losses.push(await step.loss());
    const target = { data: labels, shape: [20] };
    const seen: number[] = [];
    for await (const step of trainer.run({ data: values, shape: [20, 2] }, target, EPOCHS)) {
      seen.push(await step.loss());
      if (step.epoch === 2 && step.batch === 3) break;
    }
    expect(seen).to.deep.equal(losses.slice(0, 8));
    expect(trainer.history.losses).to.deep.equal(seen);
    const file = await trainer.save();
    await trainer.train(points);
    await trainer.load(file);
    expect(trainer.history.losses).to.deep.equal(seen);
    await trainer.train(points, undefined, EPOCHS);
    expect(trainer.history).to.deep.equal(local.history);
  });

  it('answers calls that it serves, between steps too, and says which there are', async () => {
    const local = makeTrainer();
    const steps = local.run(points);
    const sumHere = () => local.module.getVar('0.W').values().then(sum);
    for await (const { batch } of trainer.run('points')) {
      await steps.next();
      expect(await trainer.call<number>('sumOf', '0.W'), `after step ${batch}`).to.equal(await sumHere());
    }
    const { message } = await thrownBy(trainer.call('meanOf'), ValueError);
    expect(message).to.contain('Expected sumOf, received "meanOf"');
  });

  it('throws what was thrown in the worker: its type, where it was, and what it says', async () => {
    const three = new ArrayDataset({ data: new Float32Array(12), shape: [4, 3], labels: new Int32Array(4) });
    const here = await thrownBy(makeTrainer().train(three), ShapeError);
    const there = await thrownBy(trainer.train(three), ShapeError);
    expect({ ...there }).to.deep.equal({ ...here });
    expect(there.message).to.equal(here.message);
    expect(there.stack).to.contain(there.message);
    const { message } = await thrownBy(trainer.train('pionts'), ValueError);
    expect(message).to.contain('Expected points, received "pionts"');
    const nothing = new ArrayDataset({
      data: new Float32Array(40).fill(NaN),
      shape: [20, 2],
      labels,
      checkFinite: false,
    });
    const { divergence } = await thrownBy(trainer.train(nothing), DivergenceError);
    expect(divergence).to.deep.include({ epoch: 1, batch: 1, loss: NaN, cause: 'the batch holds NaN' });
  });

  it('stops for a signal, with its reason; pauses; and can be trained again then', async () => {
    const control = new AbortController();
    const reason = new Error('enough');
    const options = { epochs: 1000, signal: control.signal };
    const run = trainer.train('points', undefined, options);
    await trainer.pause();
    while (trainer.history.losses.length === 0) await trainer.proceed();
    control.abort(reason);
    expect(await thrownBy(run, Error)).to.equal(reason);
    expect(await thrownBy(trainer.validate('points', undefined, options), Error)).to.equal(reason);
    expect(trainer.current!.epoch).to.be.below(1000);
    expect(await trainer.train('points')).to.be.a('number');
  });

  it('says that a worker has failed, and why', async () => {
    const failed = await thrownBy(WorkerTrainer.start(newWorker(), { backend: 'wbgl' }), BackendError);
    expect(failed.message).to.contain('There is no backend named "wbgl"');
    if (!Thread) return;
    const ends = new Thread('process.exit(3)', { eval: true });
    const { cause } = await thrownBy(WorkerTrainer.start(ends), ModuleError);
    expect(String(cause)).to.contain('with code 3');
  });

  it('is gone with its worker when it is closed, and refuses what still waits', async () => {
    const thread = worker;
    const gone = 'on' in thread ? new Promise((resolve) => thread.on('exit', resolve)) : undefined;
    const waits = thrownBy(trainer.train('points', undefined, { epochs: 1e6 }), ModuleError);
    await trainer.pause();
    await trainer.close();
    await gone;
    for (const refused of [waits, thrownBy(trainer.validate('points'), ModuleError)]) {
      expect((await refused).message).to.contain('The Trainer was closed');
    }
  });
}

if (typeof describe !== 'function') serveTrainer(serve);
// What is computed matters little here, and each worker of Node takes seconds to compile this file.
else if (backendName !== 'cpu') describe(`A Trainer in a worker [${backendName}]`, specs);
