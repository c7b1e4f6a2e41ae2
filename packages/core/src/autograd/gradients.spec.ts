import { backendName, collectGarbage, expectNoMore, held, itCollects, onBackend } from '@tessera-nn/testing';
import { AutogradError } from '@tessera-nn/kernels';
import { clone } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { scope } from '../memory/scope.js';
import { Variable } from '../variable/variable.js';
import { gradients } from './gradients.js';
import { defineOp } from './op.js';

const leaf = (...values: number[]) => new Variable(values, { requiresGrad: true });

/** y = 2 x, which notes when its backward runs. */
function doubler(name: string, calls: string[]) {
  const op = defineOp({
    name,
    inputs: ['x'],
    layout: 'any',
    forward: ({ x }) => clone(x),
    gradients: (g) => {
      calls.push(name);
      return { x: () => g.mul(2) };
    },
  });
  return (x: Variable) => op({ x });
}

describe(`gradients of a part of a graph [${backendName}]`, () => {
  onBackend();

  it('differentiate between two results, and run nothing behind the inputs or beside the way', async () => {
    const calls: string[] = [];
    const [first, second, third, beside] = ['first', 'second', 'third', 'beside'].map((name) => doubler(name, calls));
    const x = leaf(1);
    const middle = first!(x);
    const end = third!(second!(middle)).add(beside!(leaf(1)));
    const [grad] = gradients(end, [middle]);
    expect(await grad!.array()).to.deep.equal([4]);
    expect(calls).to.deep.equal(['third', 'second']);
  });

  it('of a result, of what led to it and of a parameter beside it come from one pass', async () => {
    const calls: string[] = [];
    const [first, second] = [doubler('first', calls), doubler('second', calls)];
    const [x, w] = [leaf(3), leaf(5)];
    const middle = first(x);
    const found = gradients(second(middle).mul(w), [w, middle, x]);
    expect(await Promise.all(found.map((grad) => grad.array()))).to.deep.equal([[3], [10], [20]]);
    expect(calls).to.deep.equal(['second', 'first']);
  });

  it('are the seed where the output itself is asked for', async () => {
    const y = leaf(3).mul(2);
    expect(await gradients(y, [y], { seed: [7] })[0]!.array()).to.deep.equal([7]);
  });

  it('spend the graph unless it is retained, and say whose is gone', async () => {
    const x = leaf(3);
    const middle = x.mul(x);
    const end = middle.exp().log();
    const [once] = gradients(end, [middle], { retainGraph: true });
    const [again] = gradients(end, [x]);
    expect([await once!.item(), await again!.item()].map((value) => value.toFixed(4))).to.deep.equal([
      '1.0000',
      '6.0000',
    ]);
    expect(() => gradients(end, [x])).to.throw(AutogradError, 'graph of log was already released');
    expect(() => gradients(middle, [x])).to.throw(AutogradError, 'graph of mul was already released');
  });

  itCollects('touch no grad, and hold nothing but themselves', async () => {
    const x = leaf(1, 2);
    await collectGarbage();
    const before = held();
    scope(() => {
      const [grad] = gradients(x.exp().mul(x).sum(), [x]);
      expect(grad!.tracked).to.equal(false);
      expect(x.grad).to.equal(null);
    });
    expectNoMore(before);
  });
});
