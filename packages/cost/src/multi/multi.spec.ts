import { CostError, ReleasedError, scope, seed, TesseraError, ValueError, Variable } from '@tessera-nn/core';
import {
  backendName,
  centralDifferences,
  expectClose,
  expectNoMore,
  held,
  nd,
  onBackend,
  randomNd,
  type Nd,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { CrossEntropy } from '../cross-entropy/cross-entropy.js';
import { MSE } from '../mse/mse.js';
import { Multi } from './multi.js';

const labels = Int32Array.of(2, 0, 1, 2);
const values = Float32Array.from(randomNd([4, 2], 7).data);
const targets = [labels, values];
const WEIGHTS = [0.75, -2];

const crossEntropy = ({ data }: Nd) =>
  [...labels].reduce((sum, label, row) => {
    const scores = [...data.slice(3 * row, 3 * row + 3)];
    return sum - scores[label]! + Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
  }, 0) / labels.length;
const halfMean = ({ data }: Nd) => data.reduce((sum, x, i) => sum + (x - values[i]!) ** 2, 0) / data.length / 2;

const make = () => new Multi([new CrossEntropy(), new MSE()], { weights: WEIGHTS });

function predictions(of = 1) {
  const parts = [randomNd([4, 3], of, 2), randomNd([4, 2], of + 1, 2)] as [Nd, Nd];
  const given = parts.map(({ data, shape }) => new Variable(data, { shape, requiresGrad: true }));
  return { parts, given };
}

describe(`Multi [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  it('gives the weighted sum of its losses and differentiates it', async () => {
    const { parts, given } = predictions();
    const loss = make().forward(given, targets);
    const reference = () => WEIGHTS[0]! * crossEntropy(parts[0]) + WEIGHTS[1]! * halfMean(parts[1]);
    expect(loss.shape).to.deep.equal([]);
    expectClose([await loss.item()], [reference()], 'loss');
    loss.backward();
    for (const [i, part] of parts.entries()) {
      const expected = centralDifferences(() => nd([], [reference()]), part, nd([], [1]));
      expectClose(await given[i]!.grad!.data(), expected, `gradient ${i}`);
    }
  });

  it('keeps an error for each cost, without the weights, until it is reset', async () => {
    const cost = make();
    const [first, second] = [predictions(1), predictions(5)];
    cost.forward(first.given, targets);
    cost.forward(second.given, targets);
    const errors = [first, second].map(({ parts }) => [crossEntropy(parts[0]), halfMean(parts[1])]);
    expectClose(await cost.getError(), errors[1]!, 'last');
    expectClose(
      await cost.getMeanError(),
      [0, 1].map((i) => (errors[0]![i]! + errors[1]![i]!) / 2),
      'mean',
    );
    expectClose([await (cost.costs[1] as MSE).getError()], [errors[1]![1]!], 'of its own');
    cost.resetAccumulator();
    cost.forward(first.given, targets);
    expectClose(await cost.getMeanError(), errors[0]!, 'after the reset');
  });

  it('validates each output by its own cost', async () => {
    const { parts, given } = predictions();
    const wrong = [...labels].filter((label, row) => {
      const scores = [...parts[0].data.slice(3 * row, 3 * row + 3)];
      return scores.indexOf(Math.max(...scores)) !== label;
    });
    expectClose(await make().validate(given, targets), [wrong.length / 4, halfMean(parts[1])], 'errors');
  });

  it('may hold another one, for lists in lists', async () => {
    const inner = make();
    const cost = new Multi([inner, new MSE()], { weights: [0.5, 1] });
    const { parts, given } = predictions();
    const alone = new Variable(values, { shape: [4, 2] });
    const loss = cost.forward([given, alone] as never, [targets, new Float32Array(8)]);
    const expected = (WEIGHTS[0]! * crossEntropy(parts[0]) + WEIGHTS[1]! * halfMean(parts[1])) / 2;
    const square = values.reduce((sum, value) => sum + value * value, 0) / 16;
    expectClose([await loss.item()], [expected + square], 'loss');
    expect(cost.hostTargets).to.deep.equal([[true, true], true]);
    expect(await cost.getError()).to.deep.equal([await inner.getError(), await (cost.costs[1] as MSE).getError()]);
  });

  it('adds a batch of which one target does not fit to no error, and holds nothing', async () => {
    const cost = make();
    const { parts, given } = predictions();
    cost.forward(given, targets);
    const before = held();
    expect(() => scope(() => cost.forward(given, [labels, new Float32Array(3)]))).to.throw(TesseraError);
    expect(() => scope(() => cost.forward(given, [Int32Array.of(9, 9, 9, 9), values]))).to.throw(CostError, 'label 9');
    expect(held()).to.deep.equal(before);
    expectClose(await cost.getMeanError(), [crossEntropy(parts[0]), halfMean(parts[1])], 'errors');
  });

  it('holds nothing after a step but its sums, and nothing at all afterwards', async () => {
    const before = held();
    const cost = make();
    const step = () => scope(() => cost.forward(predictions().given, targets).backward());
    step();
    const after = held();
    for (let i = 0; i < 3; i++) step();
    expect(held()).to.deep.equal(after);
    cost.dispose();
    expect(held()).to.deep.equal(before);
    const error: unknown = await cost.getError().catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(CostError).and.not.instanceOf(ReleasedError);
  });

  it('is what a cost of one output names when it is given a list', async () => {
    const { given } = predictions();
    for (const cost of [new MSE(), new CrossEntropy()]) {
      const says = `${cost.className}: the prediction is a list. Expected a single Variable, tensor or array, received a list of 2. Multi`;
      expect(() => cost.forward(given as never, values)).to.throw(CostError, says);
      expect(() => cost.forward(given[0]!, given as never)).to.throw(CostError, 'the target is a list');
      const failed = await cost.validate(given as never, values).catch((error: unknown) => error);
      expect(String(failed)).to.contain('the prediction is a list');
      expect(cost.numOfSamples).to.equal(0);
    }
  });

  it('refuses a cost that returns single losses, and counts nothing then', async () => {
    const { given } = predictions();
    const summed = new MSE({ reduction: 'sum' });
    const cost = new Multi([summed, new MSE({ reduction: 'none' })]);
    const before = held();
    const run = () => cost.forward([given[1]!, given[1]!], [values, values]);
    expect(run).to.throw(CostError, 'the loss of cost 1 is not a single number. Expected [], received [4, 2]');
    expectNoMore(before);
    expect(await summed.getError().catch(String)).to.include('has measured nothing yet');
    new Multi([summed]).forward([given[1]!], [values]).backward();
    expect(await summed.getError()).to.be.a('number');
  });

  it('refuses lists of another length, and weights that are none', () => {
    const { given } = predictions();
    expect(() => make().forward([given[0]!], targets)).to.throw(CostError, 'predictions for each cost');
    expect(() => make().forward(given, labels)).to.throw(CostError, 'Expected a list of 2, received no list');
    const mse = new MSE();
    expect(() => new Multi([mse, mse])).to.throw(ValueError, 'different costs');
    expect(() => new Multi([mse], { weights: [1, 2] })).to.throw(ValueError, '1 costs, weights [1, 2]');
    expect(() => new Multi([mse], { weights: [NaN] })).to.throw(ValueError, 'finite');
    for (const wrong of [mse, [1], 'MSE', [null]])
      expect(() => new Multi(wrong as never)).to.throw(ValueError, 'a list of different costs');
    expect(() => new Multi([mse]).append(mse)).to.throw(ValueError, '2 costs');
    expect(() => new Multi().append(undefined as never)).to.throw(ValueError, 'not costs');
    expect(() => new Multi().forward(given, targets)).to.throw(CostError, 'Call append(cost)');
  });

  it('is built up cost by cost, as in PuzzleLib', async () => {
    const { given } = predictions();
    const built = new Multi().append(new CrossEntropy(), WEIGHTS[0]).append(new MSE(), WEIGHTS[1]);
    const [one, other] = [built.forward(given, targets), make().forward(given, targets)];
    expect(await one.item()).to.equal(await other.item());
    expect(await built.getError()).to.have.length(2);
  });
});
