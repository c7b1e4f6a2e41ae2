// Networks of several inputs and outputs, from data to error: Graph, Trainer, Multi, Validator and Calculator together.
import { launcher } from '@tessera-nn/kernels';
import { backendName, collectGarbage, expectClose, held, itCollects, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  AvgPool2D,
  Calculator,
  Concat,
  CrossEntropy,
  FunctionCost,
  Graph,
  Identity,
  Linear,
  MSE,
  Multi,
  RandomStream,
  seed,
  TesseraError,
  Trainer,
  Validator,
  Variable,
  type Samples,
} from './index.js';

/** Two inputs that meet, and go apart again: scores of three classes, and one value. */
function makeNet() {
  seed(3);
  const [left, right] = [new Linear(2, 8).node(), new Linear(3, 8).node()];
  const both = new Activation('tanh').node(new Concat(1).node(left, right));
  const scores = new Linear({ insize: 16, outsize: 3, name: 'scores' }).node(both);
  const value = new Linear({ insize: 16, outsize: 1, name: 'value' }).node(both);
  return new Graph({ name: 'net', inputs: [left, right], outputs: [scores, value] });
}

const makeCost = () => new Multi([new CrossEntropy(), new MSE()], { weights: [1, 0.5] });

/** Neither input says the class or the value alone: both follow from numbers of both. */
function makeData(count: number, of: number) {
  const random = new RandomStream(of);
  const [left, right] = [2, 3].map((size) => Float32Array.from({ length: count * size }, () => random.normal())) as [
    Float32Array,
    Float32Array,
  ];
  const sums = Float32Array.from({ length: count }, (_, i) => left[2 * i]! + right[3 * i]!);
  const labels = Int32Array.from(sums, (sum) => (sum < -0.6 ? 0 : sum < 0.6 ? 1 : 2));
  const values = Float32Array.from({ length: count }, (_, i) => left[2 * i + 1]! - right[3 * i + 2]!);
  return {
    data: [
      { data: left, shape: [count, 2] },
      { data: right, shape: [count, 3] },
    ],
    target: [labels, { data: values, shape: [count, 1] }],
  };
}

describe(`Several inputs and outputs [${backendName}]`, () => {
  onBackend();

  it('are learned from lists, and measured for each output', async () => {
    const net = makeNet();
    const cost = makeCost();
    const trainer = new Trainer(net, cost, new Adam(0.02).setupOn(net), { batchSize: 16 });
    const validator = new Validator(net, makeCost(), { batchSize: 50 });
    const test = makeData(120, 9);
    const [wrongBefore, farBefore] = await validator.validate(test.data, test.target);
    const { data, target } = makeData(160, 4);
    const [crossEntropy, squares] = await trainer.train(data, target, { epochs: 12 });
    expect(crossEntropy).to.be.lessThan(0.4);
    expect(squares).to.be.lessThan(0.1);
    const [wrong, far] = await validator.validate(test.data, test.target);
    expect(wrong).to.be.lessThan(0.2).and.lessThan(wrongBefore);
    expect(far)
      .to.be.lessThan(0.2)
      .and.lessThan(farBefore / 4);
    expect(await cost.getMeanError()).to.deep.equal([crossEntropy, squares]);
    expect(validator.error).to.deep.equal([wrong, far]);
    const whole = await new Validator(net, makeCost(), { batchSize: 120 }).validate(test.data, test.target);
    expectClose([wrong, far], whole, 'errors of short batches, by their share');
  });

  it('give the weighted sum as the loss of a step', async () => {
    const net = makeNet();
    const cost = makeCost();
    const { data, target } = makeData(16, 4);
    for await (const step of new Trainer(net, cost, new Adam(0).setupOn(net)).run(data, target)) {
      const [first, second] = await cost.getError();
      expectClose([await step.loss()], [first + 0.5 * second], 'loss');
      expect(step.samples).to.equal(16);
    }
  });

  it('keep their samples together when they are shuffled, and come to a function as Variables', async () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    const column = (factor: number) => new Variable(numbers.map((i) => [factor * i]));
    const linears = [1, 2].map(() => new Linear({ insize: 1, outsize: 1, useBias: false }));
    for (const linear of linears) linear.setVar('W', new Variable([[1]]));
    const nodes = linears.map((linear) => linear.node());
    const net = new Graph({ inputs: nodes, outputs: nodes });
    const cost = new FunctionCost(([x, y]: readonly Variable[], target: Variable) => {
      const apart = y!
        .sub(x!.mul(2))
        .square()
        .add(target.sub(x!.mul(3)).square());
      return apart.mean().add(x!.sub(20).square().mean());
    });
    const trainer = new Trainer(net, cost, new Adam(0).setupOn(net), { batchSize: 1 });
    const order: number[] = [];
    for await (const step of trainer.run([column(1), column(2)], column(3))) {
      order.push(await step.loss());
    }
    // With one sample in a batch the loss is (x - 20)^2 where nothing came apart.
    const expected = numbers.map((i) => (i - 20) ** 2);
    expect(order).to.have.members(expected).and.not.deep.equal(expected);
  });

  it('may come from samples of the caller', async () => {
    const net = makeNet();
    const gathered: number[] = [];
    const samples: Samples<readonly Variable[], readonly Variable[]> = {
      length: 20,
      gather: ({ length: count }) => {
        gathered.push(count);
        const left = new Float32Array(2 * count);
        const right = new Float32Array(3 * count).fill(1);
        const target = [new Int32Array(count).fill(2), new Float32Array(count).fill(-1)];
        return {
          data: [left, right],
          shape: [
            [count, 2],
            [count, 3],
          ],
          target,
          targetShape: [[count], [count, 1]],
        };
      },
    };
    await new Trainer(net, makeCost(), new Adam(0.05).setupOn(net), { batchSize: 8 }).train(samples, undefined, {
      epochs: 30,
    });
    const [wrong, far] = await new Validator(net, makeCost()).validate(samples);
    expect(wrong).to.equal(0);
    expect(far).to.be.lessThan(0.01);
    const [scores] = await new Calculator(net).calcFromHost(samples);
    expect(scores.shape).to.deep.equal([20, 3]);
    expect(gathered.slice(0, 3)).to.deep.equal([8, 8, 4]);
  });

  it('are refused where a list has too few entries, or entries of other lengths', async () => {
    const net = makeNet();
    const trainer = new Trainer(net, makeCost(), new Adam(0.02).setupOn(net));
    const { data, target } = makeData(16, 4);
    const { data: longer } = makeData(17, 4);
    const rejection = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) => error as Error,
      );
    const cases = [
      [[data[0]!, longer[1]!], target, 'The entries of a list do not have as many samples. Expected 16 in each'],
      [longer, target, 'Data and targets are not equally many'],
      [[data[0]!], target, 'it takes one entry for each input'],
      [data[0]!, target, 'it takes'],
      [data, [target[0]!], 'the targets for each cost'],
      [[new Variable(new Float32Array(0), { shape: [0, 2] })], target, 'There are no samples'],
    ] as const;
    for (const [given, targets, says] of cases) {
      const before = held().storages;
      const error = await rejection(trainer.train(given, targets));
      expect(error, says).to.be.instanceOf(TesseraError);
      expect(error!.message).to.include(says);
      expect(held().storages).to.be.at.most(before);
    }
  });

  itCollects('hold as much after many steps as after two', async () => {
    await collectGarbage(); // what earlier tests left must not be collected in the middle of this one
    const net = makeNet();
    const trainer = new Trainer(net, makeCost(), new Adam(0.01).setupOn(net), { batchSize: 8 });
    const { data, target } = makeData(84, 4);
    const counts: object[] = [];
    for await (const step of trainer.run(data, target, { epochs: 3 })) if (step.samples === 8) counts.push(held());
    expect(counts).to.have.length(30);
    expect(counts.at(-1)).to.deep.equal(counts[2]);
  });

  it('are prepared by optimizeForShape, which changes nothing', async () => {
    const { data, target } = makeData(16, 4);
    const run = async (prepare: boolean) => {
      const net = makeNet();
      const [cost, optimizer] = [makeCost(), new Adam(0.02).setupOn(net)];
      if (prepare)
        await net.optimizeForShape(
          [
            [8, 2],
            [8, 3],
          ],
          { cost, optimizer, target: [new Int32Array(8), new Float32Array(8)] },
        );
      const known = backendName === 'webgl' ? launcher()!.programs : 0;
      seed(1);
      await new Trainer(net, cost, optimizer, { batchSize: 8 }).train(data, target);
      if (prepare && backendName === 'webgl') expect(launcher()!.programs).to.equal(known);
      return Promise.all([...net.parameters()].map((variable) => variable.values()));
    };
    expect(await run(true)).to.deep.equal(await run(false));
  });

  it('are computed by the Calculator for all samples, on the device and on the host', async () => {
    const net = makeNet();
    const { data } = makeData(10, 4);
    const [left, right] = data.map((part) => new Variable(part.data, { shape: part.shape })) as [Variable, Variable];
    const expected = net.eval().forward([left, right]);
    net.train();
    const batches: number[] = [];
    const calculator = new Calculator(net, { batchSize: 4, onBatchFinish: ({ currBatch }) => batches.push(currBatch) });
    const outputs = await calculator.calc(data);
    const host = await calculator.calcFromHost(data);
    for (const [i, { shape }] of expected.entries()) {
      expect(outputs[i]!.shape).to.deep.equal(shape);
      expectClose(await outputs[i]!.values(), await expected[i]!.values(), `output ${i}`);
      expect(host[i]!.shape).to.deep.equal(shape);
      expect(host[i]!.values).to.deep.equal(await outputs[i]!.values());
    }
    expect(batches).to.deep.equal([1, 2, 3, 1, 2, 3]);
    expect(net.training).to.equal(true);
  });

  it('are summed up with the shapes of lists, and both shapes of a module in two nodes', () => {
    const [first, second] = [new Identity('a').node(), new Identity('b').node()];
    const shared = new AvgPool2D({ size: 2, name: 'shared' });
    const net = new Graph({ name: 'net', inputs: [first, second], outputs: [shared.node(first), shared.node(second)] });
    const shapes = [
      [2, 3, 8, 8],
      [2, 3, 4, 6],
    ] as const;
    expect(net.summary(shapes).split('\n').slice(0, 6)).to.deep.equal([
      'Layer (type)          Output shape                  Params',
      '==========================================================',
      'net (Graph)           [[2, 3, 4, 4], [2, 3, 2, 3]]       0',
      '  a (Identity)        [2, 3, 8, 8]                       0',
      '  shared (AvgPool2D)  [2, 3, 4, 4]; [2, 3, 2, 3]         0',
      '  b (Identity)        [2, 3, 4, 6]                       0',
    ]);
  });

  itCollects('leave nothing behind in the Calculator, not even when it fails', async () => {
    await collectGarbage();
    const net = makeNet();
    const { data } = makeData(10, 4);
    const before = held().storages;
    for (const output of await new Calculator(net, { batchSize: 4 }).calc(data)) output.dispose();
    await new Calculator(net, { batchSize: 4 }).calcFromHost(data);
    expect(held().storages).to.equal(before);
    const onBatchFinish = ({ currBatch }: { currBatch: number }) => {
      if (currBatch === 2) throw new TypeError('on purpose');
    };
    const calculator = new Calculator(net, { batchSize: 4, onBatchFinish });
    for (const run of [() => calculator.calc(data), () => calculator.calcFromHost(data)]) {
      const error: unknown = await run().catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(TypeError);
      expect(held().storages).to.equal(before);
    }
  });
});
