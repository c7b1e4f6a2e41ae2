import { DataError, ModuleError, randomStream, RandomStream, seed } from '@tessera-nn/core';
import { Sequential } from '@tessera-nn/containers';
import { CrossEntropy, F1 } from '@tessera-nn/cost';
import { ArrayDataset, concatDatasets, mapSamples, subset, weightedSamples } from '@tessera-nn/data';
import { indexedDbFile, load, type Place } from '@tessera-nn/io';
import { readZip } from '@tessera-nn/io/internal';
import { BatchNorm1D, Dropout, Linear } from '@tessera-nn/modules';
import { Adam, EMA, ExponentialLR } from '@tessera-nn/optim';
import { backendName, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Trainer } from '../trainer.js';
import type { RunOptions } from '../trainer-options.js';

const labels = Int32Array.from({ length: 20 }, (_, i) => i % 2);
const data = Float32Array.from({ length: 40 }, (_, i) => Math.sin(5 * i) + labels[i >> 1]!);
const points = new ArrayDataset({ data, shape: [20, 2], labels });
const how: RunOptions = { epochs: 3, validation: points, keepBest: true };

const makeNet = (hidden = 4) =>
  new Sequential([new Linear(2, hidden), new BatchNorm1D(hidden), new Dropout(0.2), new Linear(hidden, 2)], 'net');

function makeTrainer(hidden?: number): Trainer {
  seed(7);
  const net = makeNet(hidden);
  const optimizer = new Adam(0.05).setupOn(net);
  const schedule = new ExponentialLR(optimizer, { gamma: 0.9 });
  return new Trainer(net, new CrossEntropy(), optimizer, { batchSize: 4, schedule, metrics: [new F1()] });
}

async function resultOf(trainer: Trainer): Promise<unknown> {
  const weights = Array.from(trainer.module.tensors(), (variable) => variable.array());
  const state = await trainer.optimizer.stateDict();
  return [await Promise.all(weights), state, randomStream().state, trainer.history, await trainer.cost.getMeanError()];
}

/** Files in memory, by their numbers. */
function memory(): { files: Uint8Array[]; place: (slot: number) => Place } {
  const files: Uint8Array[] = [];
  const place = (slot: number): Place => ({
    name: `memory ${slot}`,
    read: () => (files[slot] ? Promise.resolve(files[slot]) : Promise.reject(new DataError('nothing there'))),
    write: (bytes) => Promise.resolve(void (files[slot] = bytes)),
  });
  return { files, place };
}

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as Error,
  );

describe(`The file of a run [${backendName}]`, () => {
  onBackend();

  it('goes on amid an epoch as the run that never ended, with the network built from it as well', async () => {
    const whole = makeTrainer();
    await whole.train(points, undefined, how);
    const expected = await resultOf(whole);
    const { place } = memory();
    const first = makeTrainer();
    for await (const { epoch, batch } of first.run(points, undefined, how)) {
      if (epoch !== 2 || batch !== 3) continue;
      await first.save(place);
      break;
    }
    randomStream().uniform();
    const second = makeTrainer();
    expect(await second.load(place)).to.equal(true);
    await second.train(points, undefined, how);
    expect(await resultOf(second)).to.deep.equal(expected);
    const optimizer = new Adam(0.05); // what the schedule begins with
    const schedule = new ExponentialLR(optimizer, { gamma: 0.9 });
    const third = await Trainer.resume(place, {
      cost: new CrossEntropy(),
      optimizer,
      schedule,
      batchSize: 4,
      metrics: [new F1()],
    });
    await third.train(points, undefined, how);
    expect(await resultOf(third)).to.deep.equal(expected);
  });

  it('holds the groups of the optimizer and what its hooks remember', async () => {
    const averaged = (): { trainer: Trainer; ema: EMA } => {
      const trainer = makeTrainer();
      const ema = new EMA(trainer.module, { decay: 0.5 });
      trainer.optimizer.addGroup((path) => path.endsWith('b'), { learnRate: 0.2, beta1: 0.5 }).addHook(ema);
      return { trainer, ema };
    };
    const whole = averaged();
    await whole.trainer.train(points, undefined, how);
    const { place } = memory();
    await averaged().trainer.train(points, undefined, { ...how, epochs: 2, saveTo: place });
    const { module, cost } = makeTrainer();
    const optimizer = new Adam(0.05); // without groups: they come back
    const ema = new EMA(module, { decay: 0.5 });
    const schedule = new ExponentialLR(optimizer.addHook(ema), { gamma: 0.9 });
    const again = await Trainer.resume(place, { cost, optimizer, schedule, module, batchSize: 4, metrics: [new F1()] });
    await again.train(points, undefined, how);
    expect(await resultOf(again)).to.deep.equal(await resultOf(whole.trainer));
    expect(await ema.stateDict()).to.deep.equal(await whole.ema.stateDict());
    const bare = makeTrainer();
    const before = await bare.module.getVar('0.W').values();
    expect((await rejection(bare.load(place)))!.message).to.include('Expected states of 0 hooks, received those of 1');
    expect(await bare.module.getVar('0.W').values()).to.deep.equal(before);
  });

  it('holds the streams of modules and of data', async () => {
    const drawing = () => {
      const { module, optimizer, cost } = makeTrainer();
      const own = new Dropout({ p: 0.5, rng: new RandomStream(1) });
      const net = new Sequential([own, module]);
      const trainer = new Trainer(net, cost, optimizer.setupOn(net), { batchSize: 4 });
      const drawn = weightedSamples(points, new Float32Array(20).fill(1), { stream: new RandomStream(2) });
      const noisy = mapSamples(
        concatDatasets(subset(points, [0, 1]), drawn),
        ({ data, shape, labels }, stream) => ({ data: data.map((x) => x + stream.normal()), shape, target: labels }),
        { stream: new RandomStream(3) },
      );
      return { trainer, noisy };
    };
    const whole = drawing();
    await whole.trainer.train(whole.noisy, undefined, { epochs: 2 });
    const { place } = memory();
    const first = drawing();
    for await (const { epoch, batch } of first.trainer.run(first.noisy, undefined, { epochs: 2 })) {
      if (epoch !== 1 || batch !== 3) continue;
      await first.trainer.save(place);
      break;
    }
    const again = drawing();
    await again.trainer.load(place);
    await again.trainer.train(again.noisy, undefined, { epochs: 2 });
    expect(await resultOf(again.trainer)).to.deep.equal(await resultOf(whole.trainer));
    await again.trainer.load(place);
    const others = await rejection(
      again.trainer.train(mapSamples(points, (batch) => ({ ...batch, target: batch.labels }))),
    );
    expect(others!.message).to.match(/other samples|other streams/);
    const rebuilt = await rejection(Trainer.resume(place, { cost: new CrossEntropy(), optimizer: new Adam() }));
    expect(rebuilt!.message).to.match(/drew from "0\.rng", and there is no stream now.*built with its streams/);
  });

  it('is one of the newest, takes the place of the oldest, and opens as any zip file does', async () => {
    const { files, place } = memory();
    const trainer = makeTrainer();
    await trainer.train(points, undefined, { epochs: 4, saveTo: place, kept: 3 });
    expect(files).to.have.length(3);
    const names = files.map((bytes) => readZip(bytes, (problem) => expect.fail(problem)).map(({ name }) => name));
    expect(names[0]).to.deep.equal(['run.json', 'network.safetensors', 'optimizer.safetensors', 'losses.npy']);
    const again = makeTrainer();
    await again.load(place);
    expect(again.history.epochs).to.have.length(4);
    const [network] = readZip(files[1]!, (problem) => expect.fail(problem)).filter(
      ({ name }) => name === 'network.safetensors',
    );
    expect(String(await load(await network!.bytes()))).to.equal(String(trainer.module));
  });

  it('is passed over when it is damaged, for the one before it', async () => {
    const { files, place } = memory();
    await makeTrainer().train(points, undefined, { epochs: 3, saveTo: place });
    const newest = files.map((bytes) => bytes.slice());
    files[0]![files[0]!.length >> 1]! ^= 1; // the third epoch went into slot 3 of 3
    const trainer = makeTrainer();
    await trainer.load(place);
    expect(trainer.history.epochs).to.have.length(2);
    for (const [i, bytes] of newest.entries()) files[i] = bytes.subarray(0, bytes.length - 7);
    const [weights, before] = [await resultOf(await trained(trainer)), held().storages];
    const error = await rejection(trainer.load(place));
    expect(error).to.be.instanceOf(DataError);
    expect(error!.message).to.include('All files of this run are damaged');
    expect(await resultOf(trainer)).to.deep.equal(weights);
    expect(held().storages).to.be.at.most(before);
  });

  it('is nothing to go on with where there is none, and refuses what it does not fit', async () => {
    const { place } = memory();
    const trainer = makeTrainer();
    expect(await trainer.load(place)).to.equal(false);
    const resumed = Trainer.resume(place, { cost: new CrossEntropy(), optimizer: new Adam() });
    expect((await rejection(resumed))!.message).to.include('There is no run to go on with');
    for await (const _ of trainer.run(points)) {
      await trainer.save(place);
      break;
    }
    const other = makeTrainer(5);
    const before = await Promise.all(Array.from(other.module.tensors(), (variable) => variable.array()));
    expect(await rejection(other.load(place))).to.be.instanceOf(ModuleError);
    expect(await Promise.all(Array.from(other.module.tensors(), (variable) => variable.array()))).to.deep.equal(before);
    const again = makeTrainer();
    await again.load(place);
    const fewer = await rejection(again.train(points.slice(0, 8)));
    expect(fewer!.message).to.match(/amid an epoch with other samples. Expected 20 samples in steps of 4, received 8/);
  });

  if ('document' in globalThis) {
    it('lies in a browser as well, for the next page', async () => {
      const place = (slot: number) => indexedDbFile(`run-${slot}`, { database: 'tessera-spec-runs' });
      const trainer = makeTrainer();
      await trainer.train(points, undefined, { saveTo: place });
      const expected = await resultOf(trainer);
      const again = makeTrainer();
      await again.load(place);
      expect(await resultOf(again)).to.deep.equal(expected);
    });
  }
});

async function trained(trainer: Trainer): Promise<Trainer> {
  await trainer.train(points);
  return trainer;
}
