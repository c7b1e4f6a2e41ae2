import { backendName, held, onBackend, timesOr } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  ArrayDataset,
  BatchNorm2D,
  Calculator,
  Conv2D,
  CrossEntropy,
  Dropout,
  Flatten,
  Linear,
  ModuleError,
  MomentumSGD,
  RandomStream,
  randomStream,
  scope,
  seed,
  Sequential,
  Trainer,
  Validator,
} from './index.js';

const makeNet = () => {
  seed(11);
  return new Sequential(
    [
      new Conv2D({ inmaps: 1, outmaps: 3, size: 3, pad: 1 }),
      new BatchNorm2D(3),
      new Activation('relu'),
      new Dropout(0.3),
      new Flatten(),
      new Linear(48, 4),
    ],
    'net',
  );
};

function images(count: number, seedValue: number): ArrayDataset {
  const stream = new RandomStream(seedValue);
  return new ArrayDataset({
    data: Float32Array.from({ length: count * 16 }, () => stream.normal()),
    shape: [count, 1, 4, 4],
    labels: Int32Array.from({ length: count }, () => stream.integer(4)),
  });
}

const makeTrainer = (net: Sequential) =>
  new Trainer(net, new CrossEntropy(), new MomentumSGD(0.05).setupOn(net), { batchSize: 8 });

async function valuesOf(net: Sequential): Promise<Record<string, readonly number[]>> {
  const entries = [...net.namedTensors()].map(
    async ([name, variable]) => [name, [...(await variable.values())]] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

describe(`Handlers on one network at once [${backendName}]`, () => {
  onBackend();

  it('leave the training bit-equal to the one alone, however they interleave', async function () {
    const times = timesOr(backendName === 'webgl' ? 5 : 10);
    this.timeout(30_000 + 2000 * times);
    const [train, test] = [images(48, 1), images(20, 2)];
    const alone = makeNet();
    await makeTrainer(alone).train(train);
    const expected = await valuesOf(alone);
    const order = new RandomStream(3);
    for (let i = 0; i < times; i++) {
      const net = makeNet();
      const pauses = async () => {
        for (let turns = order.integer(6); turns > 0; turns--) await Promise.resolve();
        if (order.integer(3) === 0) await new Promise((resolve) => setTimeout(resolve));
      };
      const validator = new Validator(net, new CrossEntropy(), { batchSize: 1 + order.integer(7) });
      const calculator = new Calculator(net, { batchSize: 1 + order.integer(7) });
      const training = (async () => {
        for await (const _ of makeTrainer(net).run(train)) await pauses();
      })();
      await Promise.all([
        training,
        pauses().then(() => validator.validate(test)),
        pauses().then(() => calculator.calcFromHost({ data: test.data, shape: test.shape })),
      ]);
      expect(await valuesOf(net), `interleaving ${i}`).to.deep.equal(expected);
      expect([...net.modules()].every((module) => module.training)).to.equal(true);
    }
  });

  it('leave parts in eval mode that were put into it', async () => {
    const net = makeNet();
    const norm = net.at(1);
    norm.eval();
    const before = await norm.getAttr('mean').values();
    await makeTrainer(net).train(images(16, 1));
    expect(await norm.getAttr('mean').values()).to.deep.equal(before);
    await new Validator(net, new CrossEntropy()).validate(images(8, 2));
    expect([...net.children()].map(({ training }) => training)).to.deep.equal([true, false, true, true, true, true]);
  });

  it('refuse a second Trainer, which would change the weights behind the first one', async () => {
    const net = makeNet();
    const first = makeTrainer(net).run(images(16, 1));
    await first.next();
    const second = await makeTrainer(net)
      .train(images(16, 1))
      .catch((error: unknown) => error);
    expect(second)
      .to.be.instanceOf(ModuleError)
      .with.property('message')
      .that.includes('Another Trainer trains Sequential "net" already, at batch 1 of epoch 1');
    await first.return(undefined);
    await makeTrainer(net).train(images(16, 1));
  });

  it('refuse a Trainer of another network that would change what the first one changes, and name both', async () => {
    const shared = new Linear({ insize: 4, outsize: 4, name: 'shared' });
    const [cost, norm] = [new CrossEntropy(), new BatchNorm2D(1)];
    const nets = {
      one: new Sequential([new BatchNorm2D(1), new Flatten(), new Linear(16, 4), shared], 'one'),
      head: new Sequential([new Flatten(), new Linear(16, 4), shared], 'head'),
      norms: [1, 2].map((i) => new Sequential([norm, new Flatten(), new Linear(16, 4)], `norms${i}`)),
      apart: [1, 2].map((i) => new Sequential([new Flatten(), new Linear(16, 4)], `apart${i}`)),
    };
    const data = images(16, 1);
    const refusal = async (first: Sequential, second: Sequential, with_: (net: Sequential) => Trainer) => {
      const run = with_(first).run(data);
      await run.next();
      const error = await with_(second)
        .train(data)
        .catch((error: unknown) => error);
      await run.return(undefined);
      return error;
    };
    for (const [first, second, trainer, what] of [
      [nets.one, nets.head, makeTrainer, 'the parameter "shared.W" of Sequential "head"'],
      [nets.one, shared, makeTrainer, 'the parameter "W" of Linear "shared"'],
      [nets.norms[0]!, nets.norms[1]!, makeTrainer, 'the parameter "0.scale"'],
      [...nets.apart, (net: Sequential) => new Trainer(net, cost, new MomentumSGD().setupOn(net)), 'its cost'],
    ] as [Sequential, Sequential, typeof makeTrainer, string][]) {
      const error = await refusal(first, second, trainer);
      expect(error, what).to.be.instanceOf(ModuleError);
      for (const part of [what, `The Trainer of ${second.label}`, `Trainer of ${first.label}`, 'batch 1 of epoch 1'])
        expect((error as Error).message).to.contain(part);
    }
  });

  it('train two networks at once that share what neither changes', async () => {
    const stem = new Sequential([new BatchNorm2D(1), new Flatten(), new Linear(16, 4)], 'stem').freeze();
    stem.eval();
    const before = await valuesOf(stem);
    const heads = [1, 2].map(() => new Sequential([stem, new Linear(4, 4)]));
    await Promise.all(heads.map((net) => makeTrainer(net).train(images(16, 1))));
    expect(await valuesOf(stem)).to.deep.equal(before);
  });

  it('go on beside an asynchronous scope of somebody else that ends before them', async () => {
    const net = makeNet();
    const other = scope(async () => {
      for (let turns = 0; turns < 12; turns++) await Promise.resolve();
    });
    await Promise.all([
      other,
      makeTrainer(net).train(images(32, 1)),
      new Validator(net, new CrossEntropy(), { batchSize: 4 }).validate(images(12, 2)),
      new Calculator(net, { batchSize: 4 }).calcFromHost({ data: images(12, 2).data, shape: [12, 1, 4, 4] }),
    ]);
  });

  it('await what is called after each batch, and end with its error', async () => {
    const net = makeNet();
    const onBatchFinish = () => Promise.resolve().then(() => Promise.reject(new RangeError('on purpose')));
    const runs = [
      new Trainer(net, new CrossEntropy(), new MomentumSGD(0.05).setupOn(net), { onBatchFinish }).train(images(8, 1)),
      new Validator(net, new CrossEntropy(), { onBatchFinish }).validate(images(8, 1)),
      new Calculator(net, { onBatchFinish }).calcFromHost({ data: images(8, 1).data, shape: [8, 1, 4, 4] }),
    ];
    for (const run of await Promise.allSettled(runs))
      expect(run).to.have.nested.property('reason.message', 'on purpose');
  });

  it('undo a step that fails: statistics, random stream and the sums of the cost', async () => {
    const net = makeNet();
    const data = images(8, 1);
    const trainer = makeTrainer(net);
    const before = await valuesOf(net);
    const random = randomStream().state;
    trainer.optimizer.addHook({
      changeGrad: () => {
        throw new Error('the hook');
      },
    });
    const fail = () => trainer.train(data, undefined, { shuffle: false }).catch((error: unknown) => error);
    expect(await fail()).to.have.property('message', 'the hook');
    expect(await valuesOf(net)).to.deep.equal(before);
    expect(randomStream().state).to.deep.equal(random);
    expect(trainer.cost).to.have.property('numOfSamples', 0);
    expect([...net.parameters()].every(({ grad }) => grad === null)).to.equal(true);
    const live = held().tensors;
    for (let i = 0; i < 3; i++) await fail();
    expect(held().tensors).to.equal(live);
  });
});
