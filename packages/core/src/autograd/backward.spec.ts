import { backendName, expectClose, held, expectAtRest, heldAtRest, itCollects, onBackend } from '@tessera-nn/testing';
import { AutogradError, ShapeError } from '@tessera-nn/kernels';
import { add, clone } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import { gradients } from './gradients.js';
import { defineOp } from './op.js';

/** The stack is the same on every backend; on WebGL in software each launch takes its time. */
const DEPTH = backendName === 'webgl' ? 1_000 : 10_000;

const leaf = (...values: number[]) => new Variable(values, { requiresGrad: true });
const gradOf = async (variable: Variable) => [...(await variable.grad!.data())];

/** An op that gives x, with a backward of the spec's choice. */
const through = (name: string, gradient?: (grad: Variable) => Variable | null) => {
  const op = defineOp({
    name,
    inputs: ['x'],
    layout: 'any',
    forward: ({ x }) => clone(x),
    ...(gradient ? { gradients: (g: Variable) => ({ x: () => gradient(g) }) } : {}),
  });
  return (x: Variable) => op({ x });
};

describe(`backward [${backendName}]`, () => {
  onBackend();

  it('adds to the gradient that is there, until it is zeroed', async () => {
    const x = leaf(1, 2);
    for (const expected of [3, 6, 9]) {
      x.mul(3).sum().backward();
      expect(await gradOf(x)).to.deep.equal([expected, expected]);
    }
    x.zeroGrad();
    expect(x.grad).to.equal(null);
    x.mul(5).sum().backward();
    expect(await gradOf(x)).to.deep.equal([5, 5]);
  });

  it('adds up both uses of a Variable in one op', async () => {
    const [a, b, c, d] = [leaf(3), leaf(3), leaf(3), leaf(3)];
    a.mul(a).backward();
    b.add(b).backward();
    c.sub(c).backward();
    d.div(d).backward();
    expect(await gradOf(a)).to.deep.equal([6]);
    expect(await gradOf(b)).to.deep.equal([2]);
    expect((await gradOf(c)).map(Math.abs)).to.deep.equal([0]);
    expectClose(await d.grad!.data(), [0], 'd/d', { ofLargest: 1 });
  });

  it('adds up all paths of a diamond before it goes on behind it', async () => {
    const calls: string[] = [];
    const watched = through('watched', (grad) => {
      calls.push('watched');
      return grad.mul(1);
    });
    const x = leaf(2);
    const bottom = watched(x.mul(x)); // x^2
    const left = bottom.mul(3);
    const right = bottom.mul(bottom);
    left.add(right).add(bottom).backward(); // 3 x^2 + x^4 + x^2
    expect(await gradOf(x)).to.deep.equal([8 * 2 + 4 * 2 ** 3]);
    expect(calls).to.deep.equal(['watched']);
  });

  it('gives a shared leaf the gradient of all its uses, along short and long ways', async () => {
    const w = leaf(2);
    let y = new Variable([1]);
    for (let i = 0; i < 5; i++) y = y.mul(w).add(w);
    y.backward();
    // y = w^5 + w^5 + w^4 + w^3 + w^2 + w at w = 2
    expect(await gradOf(w)).to.deep.equal([2 * 5 * 16 + 4 * 8 + 3 * 4 + 2 * 2 + 1]);
  });

  it('passes a gradient on to two inputs without mixing up who owns it', async () => {
    const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
    a.add(b).add(c).backward([7]);
    for (const one of [a, b, c]) expect(await gradOf(one)).to.deep.equal([7]);
    a.zeroGrad();
    expect(await gradOf(b)).to.deep.equal([7]);
  });

  it('leaves the gradient of what does not take part, or asks for none, at null', () => {
    const [x, frozen, apart] = [leaf(1), new Variable([2]), leaf(3)];
    const middle = x.mul(frozen);
    apart.mul(2);
    middle.add(1).backward();
    expect(x.grad).not.to.equal(null);
    for (const one of [frozen, apart, middle]) expect(one.grad).to.equal(null);
  });

  it('may start at a leaf, and from a gradient given as Variable or numbers', async () => {
    const x = leaf(1, 2);
    x.backward([3, 4]);
    expect(await gradOf(x)).to.deep.equal([3, 4]);
    const seed = new Variable([5, 6]);
    x.mul(2).backward(seed);
    expect(await gradOf(x)).to.deep.equal([13, 16]);
    expect(await seed.array()).to.deep.equal([5, 6]);
  });

  it('refuses to guess the gradient of more than one element', () => {
    const y = leaf(1, 2).mul(3);
    expect(() => y.backward()).to.throw(AutogradError, /Expected a gradient of shape \[2\], received nothing.*sum\(\)/);
    y.backward([1, 1]); // the refusal has spent nothing
  });

  it('refuses a gradient of another shape', () => {
    const y = leaf(1, 2).mul(3);
    expect(() => y.backward([1, 2, 3])).to.throw(ShapeError, 'Expected [2], received [3]');
  });

  it('refuses where nothing differentiable led, with what to check', () => {
    expect(() => new Variable([1]).mul(2).backward()).to.throw(AutogradError, 'requiresGrad: true');
  });

  it('refuses to run twice and names the op whose graph is gone', async () => {
    const x = leaf(1);
    const y = x.mul(2).exp();
    y.backward();
    expect(() => y.backward()).to.throw(AutogradError, /graph of exp was already released.*retainGraph: true/s);
    expect(await gradOf(x)).to.have.length(1);
  });

  it('runs again on a graph that was retained, also on a part of it', async () => {
    const x = leaf(3);
    const square = x.mul(x);
    const y = square.mul(2);
    y.backward(undefined, { retainGraph: true });
    y.backward(undefined, { retainGraph: true });
    square.backward();
    expect(await gradOf(x)).to.deep.equal([12 + 12 + 6]);
    expect(() => y.backward()).to.throw(AutogradError, 'already released');
  });

  it('refuses to record the gradients that it accumulates, with what records them, and spends nothing', async () => {
    const x = leaf(3);
    const y = x.pow(3);
    const createGraph = true as never;
    expect(() => y.backward(undefined, { createGraph })).to.throw(AutogradError, /gradients\(.*createGraph: true/);
    const [slope] = gradients(y, [x], { createGraph: true });
    x.accumulateGrad(slope!);
    expect(await gradOf(x)).to.deep.equal([27]);
    slope!.backward();
    expect(await gradOf(x)).to.deep.equal([27 + 18]);
  });

  it('of a part spends that part alone, and the rest says whose graph is gone', async () => {
    const [x, w] = [leaf(3), leaf(5)];
    const square = x.mul(x);
    const [left, right] = [square.mul(w), w.exp()];
    square.backward();
    expect([await gradOf(x), w.grad]).to.deep.equal([[6], null]);
    expect(() => left.backward()).to.throw(AutogradError, 'graph of mul was already released');
    expect(w.grad).to.equal(null);
    right.backward(); // beside it nothing was spent
    expectClose(await w.grad!.data(), [Math.exp(5)], 'dw');
  });

  it('refuses an op without a backward, by its name', () => {
    const x = leaf(1);
    const y = through('oneWay')(x).mul(2);
    expect(() => y.backward()).to.throw(AutogradError, /op oneWay cannot be differentiated.*detach\(\)/s);
    expect(x.grad).to.equal(null);
  });

  it('passes by an op without a backward that no gradient has to cross', async () => {
    const [x, constant] = [leaf(2), new Variable([5])];
    x.mul(through('oneWay')(constant)).backward();
    expect(await gradOf(x)).to.deep.equal([5]);
  });

  it('refuses a backward that gives a gradient of another shape, by the name of its op', () => {
    const wrong = through('crooked', (grad) => grad.reshape([1, -1]));
    const y = wrong(leaf(1, 2));
    expect(() => y.backward([1, 1])).to.throw(ShapeError, /crooked.*Expected \[2\], received \[1, 2\]/);
  });

  it('takes null from a backward as no gradient', () => {
    const x = leaf(1);
    through('silent', () => null)(x).backward();
    expect(x.grad).to.equal(null);
  });

  itCollects('changes no gradient and leaves nothing behind when a backward throws', async () => {
    const failing = through('failing', (grad) => {
      grad.mul(2); // lies in memory when it throws
      throw new RangeError('on purpose');
    });
    const [x, w] = [leaf(1, 2), leaf(3, 4)];
    w.mul(10).sum().backward();
    const step = () => failing(x.mul(w)).mul(w).sum();
    const before = await heldAtRest();
    expect(() => step().backward()).to.throw(RangeError, 'on purpose');
    expect(await gradOf(w)).to.deep.equal([10, 10]);
    expect(x.grad).to.equal(null);
    await expectAtRest(before);
  });

  itCollects('frees what the graph kept as soon as it ran', async () => {
    const x = leaf(1, 2);
    x.mul(1).sum().backward(); // x has its gradient from here on
    const before = await heldAtRest();
    const y = x.exp().mul(3).sum();
    expect(held().storages).to.be.greaterThan(before.storages + 2);
    y.backward();
    y.dispose();
    await expectAtRest(before);
  });

  it(`goes through ${DEPTH} ops in a row, forward and back, without running out of stack`, async () => {
    const x = leaf(0);
    const w = leaf(1);
    let y = x;
    for (let i = 0; i < DEPTH; i += 2) y = y.add(w).mul(w);
    y.backward();
    expect(await gradOf(x)).to.deep.equal([1]);
    // With n = DEPTH / 2 steps, y = w^n x + w^(n + 1) + ... + w^2, at w = 1 and x = 0.
    const n = DEPTH / 2;
    expect(await gradOf(w)).to.deep.equal([n + (n * (n + 1)) / 2]);
  });

  it('gives results of several, each with its own gradient', async () => {
    const both = defineOp({
      name: 'both',
      inputs: ['x'],
      results: ['one', 'two'],
      layout: 'any',
      forward: ({ x }) => [add(x, 1), add(x, 2)],
      gradients: ({ one, two }) => ({ x: () => one!.mul(10).add(two!.mul(100)) }),
    });
    const x = leaf(1);
    const { one, two } = both({ x });
    one.add(two).backward();
    expect(await gradOf(x)).to.deep.equal([110]);
  });

  it('takes an op that gives its input through for an op like others', async () => {
    const sameTensor = defineOp({
      name: 'same',
      inputs: ['x'],
      layout: 'any',
      forward: ({ x }) => x,
      gradients: (g) => ({ x: () => g.mul(2) }),
    });
    const x = leaf(1, 2);
    const y = sameTensor({ x });
    y.backward([1, 1]);
    y.dispose();
    expect(await x.array()).to.deep.equal([1, 2]);
    expect(await gradOf(x)).to.deep.equal([2, 2]);
  });
});
