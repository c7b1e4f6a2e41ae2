import { Module, randomStream, seed, Variable } from '@tessera-nn/core';
import { Sequential } from '@tessera-nn/containers';
import { CrossEntropy } from '@tessera-nn/cost';
import { ArrayDataset } from '@tessera-nn/data';
import { BatchNorm1D, Dropout, Linear } from '@tessera-nn/modules';
import { Adam, EMA, Lion, SGD, type Optimizer } from '@tessera-nn/optim';
import { backendName, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { DivergenceError, type Divergence } from './divergence.js';
import { Trainer } from './trainer.js';
import type { TrainerOptions } from './trainer-options.js';

const SAMPLES = 24;

/** Samples in two classes; one of them may hold what is not finite. */
function points(dirty?: number): ArrayDataset {
  const data = Float32Array.from({ length: SAMPLES * 2 }, (_, i) => Math.sin(7 * i) + (i % 4 < 2 ? 1 : -1));
  if (dirty !== undefined) data[2 * dirty] = NaN;
  const labels = Int32Array.from({ length: SAMPLES }, (_, i) => i % 2);
  return new ArrayDataset({ data, shape: [SAMPLES, 2], labels, checkFinite: false });
}

/** Its gradient at 0 is infinite. */
class Root extends Module {
  static override readonly className = 'Root';
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x.sqrt();
  }
}

const net = () =>
  new Sequential(
    [
      new Linear({ insize: 2, outsize: 4, name: 'fc' }),
      new BatchNorm1D({ maps: 4, name: 'norm' }),
      new Dropout({ p: 0.2, name: 'drop' }),
      new Linear({ insize: 4, outsize: 2, name: 'head' }),
    ],
    'net',
  );

const trainerOf = (module: Module, optimizer: Optimizer, options: TrainerOptions = {}) =>
  new Trainer(module, new CrossEntropy(), optimizer.setupOn(module), { batchSize: 4, ...options });

/** All that a step changes, on the host. */
async function stateOf({ module, optimizer, cost }: Trainer): Promise<unknown> {
  const variables = [...module.namedTensors()];
  const weights = variables.map(async ([name, variable]) => [name, [...(await variable.values())]]);
  const error = await cost.getMeanError().catch(() => undefined);
  return [await Promise.all(weights), await optimizer.stateDict(), randomStream().state, error];
}

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as DivergenceError,
  );

describe(`A step that is not finite [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261129));

  it('stops the run, says where, and leaves everything as before it', async () => {
    const module = net();
    const trainer = trainerOf(module, new Adam(0.01).addHook(new EMA(module)));
    const states: unknown[] = [];
    const run = async () => {
      for await (const _ of trainer.run(points(9), undefined, { shuffle: false })) states.push(await stateOf(trainer));
    };
    const error = await rejection(run());
    expect(error).to.be.instanceOf(DivergenceError);
    expect(error!.message).to.match(/diverged in batch 3 of epoch 1, where the loss is NaN: the batch holds NaN/);
    expect(error!.divergence).to.include({ epoch: 1, batch: 3, path: 'net.fc', rate: 0.01 });
    expect(await stateOf(trainer)).to.deep.equal(states[1]);
    expect(trainer.history.losses).to.have.length(2);
  });

  it('is found by its gradient, too, also in the last step of a run', async () => {
    const root = new Sequential([new Linear({ insize: 2, outsize: 2, name: 'fc' }), new Root({ name: 'root' })], 'net');
    root.setVar('fc.b', new Variable([0, 0])).setVar('fc.W', new Variable([0, 0, 0, 0], { shape: [2, 2] }));
    for (const samples of [points().slice(0, 4), points()]) {
      const error = await rejection(trainerOf(root, new SGD(0.1)).train(samples));
      expect(error!.message).to.match(
        /batch 1 of epoch 1, where the loss is 0\.693\d+: .*backward of sqrt in "net\.root"/,
      );
      expect(error!.message).to.include('all that it was given was finite, from');
      expect(error!.divergence.path).to.equal('net.root');
      expect([...(await root.getVar('fc.b').values())]).to.deep.equal([0, 0]);
    }
  });

  it('is found by the state of an optimizer whose weights stay finite', async () => {
    const root = new Sequential([new Linear({ insize: 2, outsize: 2, name: 'fc' }), new Root({ name: 'root' })], 'net');
    root.setVar('fc.b', new Variable([0, 1])).setVar('fc.W', new Variable([0, 0, 0, 0], { shape: [2, 2] }));
    const trainer = trainerOf(root, new Lion(0.1));
    const error = await rejection(trainer.train(points().slice(0, 1))); // in a sum over several Infinity - Infinity is NaN
    expect(error!.message).to.match(/batch 1 of epoch 1, .*backward of sqrt in "net\.root"/);
    expect([...(await root.getVar('fc.b').values())]).to.deep.equal([0, 1]);
    expect(trainer.optimizer.t).to.equal(0);
  });

  it('names the update where nothing else went wrong', async () => {
    const large = points().slice(0, 8);
    large.data.forEach((value, i) => (large.data[i] = 100 * value));
    const error = await rejection(trainerOf(new Linear(2, 2), new SGD(1e38)).train(large));
    expect(error!.message).to.include(
      'the update made weights that are not finite. Lower the learning rate, which is 1e+38',
    );
    expect(error!.divergence.path).to.equal(undefined);
  });

  it('is left out where that is asked for, and the others are learned from', async () => {
    const skipped: Divergence[] = [];
    const module = net();
    const ema = new EMA(module);
    const trainer = trainerOf(module, new Adam(0.01).addHook(ema), {
      nonFinite: 'skip',
      onDivergence: (divergence) => skipped.push(divergence),
    });
    const batches: number[] = [];
    for await (const { batch } of trainer.run(points(9), undefined, { shuffle: false })) batches.push(batch);
    expect(skipped.map(({ batch }) => batch)).to.deep.equal([3]);
    expect(batches).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(trainer.optimizer.t).to.equal(5);
    for (const { values } of Object.values(await ema.stateDict())) expect(values.every(Number.isFinite)).to.equal(true);
    expect(trainer.history.losses.every(Number.isFinite)).to.equal(true);
    expect(trainer.history.epochs[0]!.samples).to.equal(SAMPLES - 4);
  });

  it('lowers the rate where that is asked for', async () => {
    const trainer = trainerOf(net(), new SGD(0.1), { nonFinite: 'lower' });
    await trainer.train(points(9), undefined, { shuffle: false });
    expect(trainer.optimizer.learnRate).to.equal(0.05);
  });

  it('ends the run when nothing else comes', async () => {
    const trainer = trainerOf(net(), new SGD(0.1), { nonFinite: 'skip' });
    const [data, labels] = [new Float32Array(40).fill(NaN), new Int32Array(20)];
    const nothing = new ArrayDataset({ data, shape: [20, 2], labels, checkFinite: false });
    expect(await rejection(trainer.train(nothing, undefined, { epochs: 9 }))).to.be.instanceOf(DivergenceError);
    expect(trainer.optimizer.t).to.equal(0);
  });

  it('is not looked for where it shall be ignored, and nothing is held for it', async () => {
    const trainer = trainerOf(net(), new Adam(0.01), { nonFinite: 'ignore' });
    await trainer.train(points());
    const before = held().storages;
    for await (const { batch } of trainer.run(points(9))) {
      if (batch > 1 && batch < 6) expect(held().storages - before).to.be.at.most(4); // losses, and the error of the cost
    }
    expect((await trainer.module.getVar('fc.W').values()).every(Number.isNaN)).to.equal(true);
  });
});
