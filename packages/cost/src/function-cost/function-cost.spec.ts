import { CostError, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { backendName, centralDifferences, expectClose, nd, onBackend, randomNd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { FunctionCost } from './function-cost.js';

/** Two outputs against one target: mean((x - t)^2) + 3 mean(y^2). */
const make = () =>
  new FunctionCost(([x, y]: readonly Variable[], target: Variable) =>
    x!.sub(target).square().mean().add(y!.square().mean().mul(3)),
  );
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const reference = ([x, y]: readonly [Nd, Nd], t: Nd) =>
  mean([...x.data].map((value, i) => (value - t.data[i]!) ** 2)) + 3 * mean([...y.data].map((value) => value ** 2));

describe(`FunctionCost [${backendName}]`, () => {
  onBackend();

  it('measures, adds up and differentiates what its function says of several outputs and one target', async () => {
    const cost = make();
    const parts = [randomNd([4, 2], 1, 2), randomNd([4, 3], 2, 2)] as const;
    const t = randomNd([4, 2], 3);
    const given = parts.map(({ data, shape }) => new Variable(data, { shape, requiresGrad: true }));
    const target = new Variable(t.data, { shape: t.shape });
    const loss = cost.forward(given, target);
    expectClose([await loss.item()], [reference(parts, t)], 'loss');
    loss.backward();
    for (const [i, part] of parts.entries()) {
      const expected = centralDifferences(() => nd([], [reference(parts, t)]), part, nd([], [1]));
      expectClose(await given[i]!.grad!.data(), expected, `gradient ${i}`);
    }
    expectClose([await cost.getMeanError()], [reference(parts, t)], 'error');
    expectClose([await cost.validate(given, target)], [reference(parts, t)], 'validation');
    expect(cost.numOfSamples).to.equal(4);
  });

  it('refuses what is not a function when it is made', () => {
    expect(() => new FunctionCost(undefined as never)).to.throw(ValueError, 'FunctionCost takes a function first');
  });

  it('refuses a function that gives no single number', () => {
    const cost = new FunctionCost((x: Variable) => x.square());
    expect(() => cost.forward([[1, 2]], [[1, 2]])).to.throw(ShapeError, 'End the function with mean()');
  });

  it('refuses a function that gives no Variable, with what it gave', () => {
    const cases: [gives: unknown, says: string][] = [
      [undefined, 'Expected a Variable of one number, [], received undefined. Compute the loss with Variables'],
      [0.5, 'received number'],
      [[], 'received an array'],
      [Promise.resolve(), 'received a Promise. A loss is computed in one go'],
    ];
    for (const [gives, says] of cases) {
      const cost = new FunctionCost((() => gives) as never);
      expect(() => cost.forward([[1, 2]], [[1, 2]]), says).to.throw(CostError, says);
      expect(cost.numOfSamples).to.equal(0);
    }
  });

  it('refuses outputs of whole numbers, also in lists', () => {
    const whole = new Variable(Int32Array.of(1, 2), { shape: [2, 1] });
    const target = new Variable([[1], [2]]);
    expect(() => make().forward([target, whole], target)).to.throw('predictions have the wrong number type');
  });
});
