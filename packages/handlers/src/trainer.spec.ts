import { Module, ModuleError, parameter, RandomStream, seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { CrossEntropy, MSE } from '@tessera-nn/cost';
import { ArrayDataset } from '@tessera-nn/data';
import { SGD } from '@tessera-nn/optim';
import { backendName, collectGarbage, expectClose, held, itCollects, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import type { Step } from './step.js';
import { Trainer } from './trainer.js';
import { Validator } from './validator.js';

/** One dense layer, built from ops alone: handlers know nothing of the modules package. */
class Dense extends Module {
  static override readonly className = 'Dense';
  readonly w: Variable;
  constructor(
    readonly inputs: number,
    readonly outputs: number,
  ) {
    super();
    const stream = new RandomStream(5);
    this.w = parameter(
      Array.from({ length: inputs * outputs }, () => stream.normal()),
      { shape: [inputs, outputs] },
    );
  }
  override dataShapeFrom([batch, columns]: readonly number[]): number[] {
    if (columns !== this.inputs) throw this.shapeError('wrong columns', { received: String(columns) });
    return [batch!, this.outputs];
  }
  protected override updateData(data: Variable): Variable {
    return data.matmul(this.w);
  }
}

/** Points around three corners: what a dense layer can tell apart. */
function points(count: number, seedValue = 3): ArrayDataset {
  const stream = new RandomStream(seedValue);
  const corners = [
    [2, 0],
    [-2, 1],
    [0, -2],
  ];
  const labels = Int32Array.from({ length: count }, () => stream.integer(3));
  const data = Float32Array.from({ length: count * 2 }, (_, i) => {
    return corners[labels[i >> 1]!]![i & 1]! + stream.normal(0, 0.3);
  });
  return new ArrayDataset({ data, shape: [count, 2], labels });
}

const makeTrainer = (batchSize = 16) => {
  const net = new Dense(2, 3);
  return new Trainer(net, new CrossEntropy(), new SGD(0.1).setupOn(net), { batchSize });
};

async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe(`Trainer [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  it('learns, and the Validator sees it', async () => {
    const trainer = makeTrainer();
    const validator = new Validator(trainer.module, trainer.cost);
    const before = await validator.validate(points(100, 9));
    const mean = await trainer.train(points(200), undefined, { epochs: 5 });
    expect(mean).to.be.lessThan(0.2);
    expect(await validator.validate(points(100, 9)))
      .to.be.lessThan(0.05)
      .and.lessThan(before);
    expect(validator.error).to.be.lessThan(0.05);
  });

  it('gives one step for each batch, the last one short, and tells where it is', async () => {
    const steps: Step[] = [];
    for await (const step of makeTrainer(16).run(points(40), undefined, { epochs: 2 })) steps.push(step);
    expect(steps.map(({ epoch, batch, batches, samples }) => [epoch, batch, batches, samples])).to.deep.equal([
      [1, 1, 3, 16],
      [1, 2, 3, 16],
      [1, 3, 3, 8],
      [2, 1, 3, 16],
      [2, 2, 3, 16],
      [2, 3, 3, 8],
    ]);
    expect(steps.at(-1)!.secondsLeft).to.equal(0);
    expect(steps.every(({ samplesPerSecond }) => samplesPerSecond > 0)).to.equal(true);
  });

  it('lets every loss be read, also after its step', async () => {
    const trainer = makeTrainer();
    const losses: number[] = [];
    const late: Step[] = [];
    for await (const step of trainer.run(points(64))) {
      losses.push(await step.loss());
      late.push(step);
    }
    expect(await Promise.all(late.map((step) => step.loss()))).to.deep.equal(losses);
    expectClose([await trainer.cost.getMeanError()], [losses.reduce((a, b) => a + b, 0) / 4], 'mean');
  });

  it('gives the same run for the same seed, and another for another', async () => {
    const run = async (s: number) => {
      seed(s);
      const trainer = makeTrainer();
      await trainer.train(points(64), undefined, { epochs: 2 });
      return [...((await (trainer.module as Dense).w.values()) as Float32Array)];
    };
    expect(await run(1)).to.deep.equal(await run(1));
    expect(await run(1)).to.not.deep.equal(await run(2));
  });

  it('moves samples between batches from epoch to epoch, unless told not to', async () => {
    const orders: number[][] = [];
    const spy = points(32);
    const gather = spy.gather.bind(spy);
    spy.gather = (indices) => {
      orders.push(Array.from(indices).sort((a, b) => a - b));
      return gather(indices);
    };
    await makeTrainer(16).train(spy, undefined, { epochs: 2 });
    expect(orders[0]).to.not.deep.equal(orders[2]);
    orders.length = 0;
    await makeTrainer(16).train(spy, undefined, { epochs: 2, shuffle: false });
    expect(orders[0]).to.deep.equal(Array.from({ length: 16 }, (_, i) => i));
    expect(orders[2]).to.deep.equal(orders[0]);
  });

  it('trains on arrays and on Variables, with values as targets', async () => {
    const net = new Dense(2, 1);
    const trainer = new Trainer(net, new MSE(), new SGD(0.5).setupOn(net), { batchSize: 2 });
    const data = [
      [1, 0],
      [0, 1],
      [1, 1],
      [2, 1],
    ];
    const target = [[3], [-1], [2], [5]];
    await trainer.train(data, target, { epochs: 60 });
    expectClose(await net.w.values(), [3, -1], 'weights', { relative: 1e-2 });
    await trainer.train(new Variable(data), new Variable(target), { epochs: 60 });
    expectClose(await net.w.values(), [3, -1], 'weights', { relative: 1e-3 });
  });

  it('stops between two steps when its signal is aborted, with the reason, and can go on', async () => {
    const trainer = makeTrainer();
    const stop = new AbortController();
    let steps = 0;
    const run = (async () => {
      for await (const _ of trainer.run(points(200), undefined, { signal: stop.signal })) {
        if (++steps === 3) stop.abort(new Error('enough'));
      }
    })();
    expect(await rejection(run)).to.have.property('message', 'enough');
    expect(steps).to.equal(3);
    await trainer.train(points(32));
  });

  it('trains in train mode, which it holds over no await, and ends when its loop is left', async () => {
    const trainer = makeTrainer();
    trainer.module.evalMode();
    const modes: boolean[] = [];
    trainer.module.registerForwardHook((module) => void modes.push(module.training));
    for await (const _ of trainer.run(points(64))) {
      expect(trainer.module.training).to.equal(false);
      break;
    }
    expect(modes).to.deep.equal([true]);
    expect(trainer.module.training).to.equal(false);
    await trainer.train(points(32));
  });

  it('refuses to run twice at once, and says where the first run is', async () => {
    const trainer = makeTrainer();
    const run = trainer.run(points(64));
    await run.next();
    const error = await rejection(trainer.train(points(32)));
    expect(error).to.be.instanceOf(ModuleError);
    expect((error as Error).message).to.contain('batch 1 of epoch 1');
    await run.return();
    await trainer.train(points(32));
  });

  it('calls back after each batch and each part of a large array', async () => {
    const batches: number[] = [];
    const net = new Dense(2, 3);
    const trainer = new Trainer(net, new CrossEntropy(), new SGD(0.1).setupOn(net), {
      batchSize: 10,
      onBatchFinish: (step) => batches.push(step.samples),
    });
    let parts = 0;
    await trainer.trainFromHost(points(45), undefined, { macroBatchSize: 20, onMacroBatchFinish: () => parts++ });
    expect(batches).to.deep.equal([10, 10, 10, 10, 5]);
    expect(parts).to.equal(3);
  });

  it('leaves weights and memory as they were when a step throws', async () => {
    const trainer = makeTrainer();
    await trainer.train(points(32));
    const weights = (await (trainer.module as Dense).w.values()).slice();
    const before = held();
    const bad = new ArrayDataset({ data: new Float32Array(6), shape: [3, 2], labels: [0, 1, 9] });
    const error = await rejection(trainer.train(bad));
    expect((error as Error).message).to.contain('label 9');
    expect(await (trainer.module as Dense).w.values()).to.deep.equal(weights);
    expect(held().tensors).to.be.at.most(before.tensors);
  });

  it('refuses what it cannot train on', async () => {
    const trainer = makeTrainer();
    expect(await rejection(trainer.train([[1, 2]]))).to.have.property('name', 'DataError');
    expect(await rejection(trainer.train([[1, 2]], [0, 1]))).to.be.instanceOf(ShapeError);
    expect(await rejection(trainer.train(points(8), undefined, { epochs: 0 }))).to.be.instanceOf(ValueError);
    expect(() => makeTrainer(0)).to.throw(ValueError, 'batchSize');
    const wide = new ArrayDataset({ data: new Float32Array(3), shape: [1, 3], labels: [0] });
    expect(await rejection(trainer.train(wide))).to.be.instanceOf(ShapeError);
  });

  itCollects('holds as much after many steps as after two', async () => {
    await collectGarbage(); // what earlier tests left must not be collected in the middle of this one
    const trainer = makeTrainer();
    const counts: object[] = [];
    for await (const _ of trainer.run(points(160), undefined, { epochs: 3 })) counts.push(held());
    expect(counts).to.have.length(30);
    expect(counts.at(-2)).to.deep.equal(counts[2]);
  });
});

describe(`Validator [${backendName}]`, () => {
  onBackend();

  it('weighs batches by their size, in order, without recording, and puts the mode back', async () => {
    const net = new Dense(2, 3);
    const validator = new Validator(net, new CrossEntropy(), { batchSize: 7 });
    const whole = await new Validator(net, new CrossEntropy(), { batchSize: 100 }).validate(points(30));
    const before = held();
    expectClose([await validator.validate(points(30))], [whole], 'error');
    expect(held().tensors).to.equal(before.tensors);
    expect(validator.totalBatches).to.equal(5);
    expect(validator.currBatch).to.equal(5);
    expect(net.training).to.equal(true);
    expect([...net.parameters()].every((variable) => variable.grad === null)).to.equal(true);
  });
});
