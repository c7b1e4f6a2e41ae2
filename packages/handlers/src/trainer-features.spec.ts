import { seed, ValueError, type Variable } from '@tessera-nn/core';
import {
  Accuracy,
  AUC,
  ConfusionMatrix,
  CrossEntropy,
  F1,
  FunctionCost,
  MSE,
  Recall,
  TopKAccuracy,
} from '@tessera-nn/cost';
import { ArrayDataset, concatDatasets, type Dataset } from '@tessera-nn/data';
import { Linear } from '@tessera-nn/modules';
import { ReduceLROnPlateau, SGD, StepLR } from '@tessera-nn/optim';
import { backendName, expectClose, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import type { EpochRecord } from './history.js';
import type { Metrics } from './named-metrics.js';
import { ProgressBar } from './progress-bar.js';
import { Trainer } from './trainer.js';
import type { RunOptions, TrainerOptions } from './trainer-options.js';
import { Validator } from './validator.js';

/** y = x1 - x2, of 12 points. */
const data = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const target = data.map(([a, b]) => [a! - b!]);

function trainerOf(options: TrainerOptions = {}, rate = 0.1): Trainer {
  seed(4);
  const net = new Linear(2, 1);
  return new Trainer(net, new MSE(), new SGD(rate).setupOn(net), { batchSize: 4, ...options });
}

const weightsOf = async ({ module }: Trainer) => [...(await (module as Linear).W.values())];

async function trained(options: TrainerOptions, how: RunOptions = {}): Promise<number[]> {
  const trainer = trainerOf(options);
  await trainer.train(data, target, { shuffle: false, epochs: 2, ...how });
  return weightsOf(trainer);
}

describe(`What a Trainer can do beside its steps [${backendName}]`, () => {
  onBackend();

  it('adds up the gradients of several batches before it updates, as one large batch would', async () => {
    const parts = await trained({ batchSize: 2, accumulate: 4 });
    expectClose(parts, await trained({ batchSize: 8 }), 'weights');
    expect(parts).to.not.deep.equal(await trained({ batchSize: 2 }));
  });

  it('clips gradients by value and by norm', async () => {
    const start = await weightsOf(trainerOf());
    for (const options of [{ clipValue: 1e-3 }, { clipNorm: 1e-3 }]) {
      const weights = await trained({ batchSize: 12, ...options }, { epochs: 1 });
      const moved = weights.map((weight, i) => Math.abs(weight - start[i]!));
      expect(Math.max(...moved)).to.be.within(1e-5, 1.1e-4);
    }
  });

  it('changes the rate after each epoch or step, or when validation gets no better', async () => {
    const rates: number[] = [];
    const of = async (scheduleEvery: 'epoch' | 'step', plateau = false) => {
      rates.length = 0;
      const trainer = trainerOf({}, 1);
      const { module, cost, optimizer } = trainer;
      const schedule = plateau
        ? new ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5 })
        : new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
      const onEpochFinish = ({ rate }: EpochRecord) => rates.push(rate);
      const again = new Trainer(module, cost, optimizer, { batchSize: 6, schedule, scheduleEvery, onEpochFinish });
      await again.train(data, target, { epochs: 3, validation: [data, plateau ? data.map(() => [1e9]) : target] });
      return rates;
    };
    expect(await of('epoch')).to.deep.equal([1, 0.5, 0.25]);
    expect(await of('step')).to.deep.equal([0.25, 0.0625, 0.015625]);
    expect(await of('epoch', true)).to.deep.equal([1, 1, 0.5]);
  });

  it('validates, stops early, and puts the best weights back', async () => {
    const trainer = trainerOf({}, 1.2);
    const scores: number[] = [];
    const best = { score: Infinity, weights: [] as number[] };
    for await (const step of trainer.run(data, target, {
      epochs: 40,
      validation: [data, target],
      patience: 2,
      keepBest: true,
    })) {
      if (step.batch > 1 || step.epoch === 1) continue;
      const { validationError } = trainer.history.epochs.at(-1)!;
      scores.push(validationError as number);
    }
    const { epochs } = trainer.history;
    best.score = Math.min(...epochs.map(({ validationError }) => validationError as number));
    expect(epochs.length).to.be.lessThan(40);
    expect(epochs.at(-2)!.validationError).to.be.at.least(best.score);
    expect(epochs.at(-1)!.validationError).to.be.at.least(best.score);
    const error = await new Validator(trainer.module, new MSE()).validate(data, target);
    expectClose([error], [best.score], 'error of the best weights');
  });

  it('keeps a history of losses and epochs, as CSV and JSON lines', async () => {
    const trainer = trainerOf();
    const before = held().storages;
    await trainer.train(data, target, { epochs: 2, validation: [data, target], validateEvery: 2 });
    expect(held().storages - before).to.be.at.most(2); // the error and the sum of the cost
    const { losses, epochs } = trainer.history;
    expect(losses).to.have.length(6);
    expectClose([epochs[0]!.loss], [(losses[0]! + losses[1]! + losses[2]!) / 3], 'loss');
    expect(epochs.map((record) => 'validationLoss' in record)).to.deep.equal([false, true]);
    const [names, first, second] = trainer.history.toCsv().split('\n');
    expect(names).to.equal('epoch,loss,rate,samples,validationLoss,validationError');
    expect(first).to.equal(`1,${epochs[0]!.loss},0.1,12,,`);
    expect(second!.split(',')).to.have.length(6);
    const lines = trainer.history.toJsonLines().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal(epochs);
  });

  it('leaves out a short last batch, and begins in the middle of an epoch', async () => {
    const batches: number[][] = [];
    const onBatchFinish = ({ batch, batches: of, samples }: { batch: number; batches: number; samples: number }) =>
      void batches.push([batch, of, samples]);
    await trainerOf({ batchSize: 5, onBatchFinish }).train(data, target, { dropLast: true, startAt: 1 });
    expect(batches).to.deep.equal([[2, 2, 5]]);
  });

  it('awaits what is called after steps and epochs', async () => {
    const order: string[] = [];
    const later = (what: string) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      order.push(what);
    };
    await trainerOf({ batchSize: 12, onBatchFinish: later('batch'), onEpochFinish: later('epoch') }).train(
      data,
      target,
      { epochs: 2 },
    );
    expect(order).to.deep.equal(['batch', 'epoch', 'batch', 'epoch']);
  });

  it('holds up while it is paused, and can be stopped then', async () => {
    const trainer = trainerOf();
    const stop = new AbortController();
    const steps = trainer.run(data, target, { epochs: 9, signal: stop.signal });
    await steps.next();
    trainer.pause();
    let made = false;
    const next = steps.next().then(() => (made = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(made).to.equal(false);
    trainer.proceed();
    await next;
    trainer.pause();
    const stopped = steps.next().catch((reason: unknown) => reason);
    stop.abort(new Error('enough'));
    expect(await stopped).to.have.property('message', 'enough');
  });

  it('gives the loss and the error of samples at once', async () => {
    seed(4);
    const net = new Linear(2, 3);
    const samples = new ArrayDataset({ data, labels: data.map((_, i) => i % 3) });
    const validator = new Validator(net, new CrossEntropy(), { batchSize: 5 });
    const { loss, error } = await validator.evaluate(samples);
    expect(error).to.equal(await validator.validate(samples));
    const prediction: Variable = net.forward(data);
    expectClose([loss], [await new CrossEntropy().forward(prediction, [...samples.labels]).item()], 'loss');
  });

  it('counts metrics in validation, each time anew, and keeps them in its history', async () => {
    seed(4);
    const net = new Linear(2, 3);
    const samples = new ArrayDataset({ data, labels: data.map((_, i) => i % 3) });
    const matrix = new ConfusionMatrix();
    const metrics = { right: new Accuracy(), 'top 3': new TopKAccuracy({ k: 3 }), matrix };
    const trainer = new Trainer(net, new CrossEntropy(), new SGD(0.1).setupOn(net), { batchSize: 5, metrics });
    await trainer.train(samples, undefined, { epochs: 2, validation: samples });
    const records = trainer.history.epochs;
    for (const record of records) {
      const counted = record.metrics as { right: number; 'top 3': number; matrix: number[][] };
      expectClose([counted.right], [1 - (record.validationError as number)], 'accuracy');
      expect(counted['top 3']).to.equal(1);
      expect(counted.matrix.flat().reduce((a, b) => a + b)).to.equal(12);
    }
    const [names, , last] = trainer.history.toCsv().split('\n');
    expect(names).to.equal('epoch,loss,rate,samples,validationLoss,validationError,right,top 3,matrix');
    expect(last!.split(',').at(-1)).to.equal((await matrix.compute()).flat().join(' '));
    const listing = new Validator(net, new CrossEntropy(), { metrics: [new Accuracy(), new TopKAccuracy({ k: 3 })] });
    const { metrics: listed } = await listing.evaluate(samples);
    expect(listed).to.deep.equal({ Accuracy: (records[1]!.metrics as { right: number }).right, TopKAccuracy: 1 });
  });

  it('counts metrics over all samples: batches do not show in them', async () => {
    seed(4);
    const net = new Linear(2, 2);
    const samples = new ArrayDataset({ data, labels: data.map((_, i) => (i % 5) % 2) });
    const counted = async (batchSize: number) => {
      const metrics = { auc: new AUC(), f1: new F1(), recall: new Recall() };
      return (await new Validator(net, new CrossEntropy(), { batchSize, metrics }).evaluate(samples)).metrics;
    };
    expect(await counted(5)).to.deep.equal(await counted(12));
  });

  it('refuses metrics that are none, share a name or come twice', () => {
    const accuracy = new Accuracy();
    for (const metrics of [[5], 'Accuracy', [accuracy, new Accuracy()], { one: accuracy, other: accuracy }]) {
      const given = { metrics: metrics as unknown as Metrics };
      for (const make of [() => trainerOf(given), () => new Validator(new Linear(2, 1), new MSE(), given)]) {
        expect(make).to.throw(ValueError, /metrics.*different metrics by name, or a list of different classes of them/);
      }
    }
  });

  it('weighs samples as their dataset says, or as it is told, in training and validation', async () => {
    const labels = data.map((_, i) => i % 3);
    const learned = async (samples: Dataset | typeof data, options: RunOptions, targets?: number[]) => {
      seed(4);
      const net = new Linear(2, 3);
      const trainer = new Trainer(net, new CrossEntropy(), new SGD(0.5).setupOn(net), { batchSize: 6, accumulate: 2 });
      await trainer.train(samples, targets, { shuffle: false, ...options });
      return [...(await net.W.values()), trainer.history.epochs[0]!.validationLoss!];
    };
    const all = new ArrayDataset({ data, labels });
    const half = all.slice(0, 6);
    const sampleWeights = data.map((_, i) => (i < 6 ? 2 : 0));
    const weighed = new ArrayDataset({ data, labels, weights: sampleWeights });
    const expected = await learned(half, { validation: half });
    expectClose(await learned(weighed, { validation: weighed }), expected, 'weights of a dataset');
    const told: RunOptions = { sampleWeights, validation: [data, labels, sampleWeights] };
    expectClose(await learned(data, told, labels), expected, 'weights beside targets');
    const others = new ArrayDataset({ data, labels, weights: data.map(() => 5) });
    expectClose(await learned(others, told), expected, 'weights in place of others');
    const joined = concatDatasets(half, others.slice(6));
    const joint = data.map((_, i) => (i < 6 ? 1 : 5));
    expectClose(await learned(joined, {}), await learned(all, { sampleWeights: joint }), 'joined');
  });

  it('refuses weights that are not one for each sample', async () => {
    for (const [weights, says] of [
      [[1], '12 weights, as there are samples'],
      [data.map((_, i) => (i === 3 ? NaN : 1)), 'finite numbers from 0, one for each sample'],
      [data.map((_, i) => i - 1), 'finite numbers from 0'],
      ['heavy', 'finite numbers from 0'],
    ] as const) {
      const failed = await trainerOf()
        .train(data, target, { sampleWeights: weights as number[] })
        .catch(String);
      expect(failed).to.contain(says);
    }
  });

  it('refuses weights that a cost has no use for', async () => {
    const samples = new ArrayDataset({ data, labels: data.map(() => 0), weights: data.map(() => 1) });
    const net = new Linear(2, 1);
    const cost = new FunctionCost((prediction: Variable) => prediction.mean());
    const failed = await new Trainer(net, cost, new SGD().setupOn(net)).train(samples).catch(String);
    expect(failed).to.contain('FunctionCost does not weigh samples');
  });

  it('draws a line in terminals, and nothing elsewhere', () => {
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    const step = { epoch: 1, epochs: 2, batch: 3, batches: 4, samples: 8, samplesPerSecond: 80, secondsLeft: 7 };
    for (const isTTY of [false, true]) {
      const bar = new ProgressBar({ isTTY, write });
      bar.show({ ...step, loss: () => Promise.resolve(0) }, 0.25);
      bar.end();
    }
    expect(written).to.deep.equal([
      '\r\u001b[Kepoch 1/2 ━━━━━━━━━━━━━━━━━━────── 3/4  loss 0.2500  80 samples/s  7 s left',
      '\n',
    ]);
  });
});
