import {
  backendName,
  collectGarbage,
  doubleDifferences,
  expectClose,
  expectNoMore,
  held,
  itCollects,
  type Nd,
  nd,
  onBackend,
  randomNd,
} from '@tessera-nn/testing';
import { AutogradError, ShapeError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { matmul, stack } from '../ops/index.js';
import { Variable } from '../variable/variable.js';
import { grad, jvp, valueAndGrad, vjp } from './functional.js';
import { noGrad } from './grad-mode.js';
import { hessian, jacobian } from './jacobian.js';

const numbers = async (variable: Variable) => [...(await variable.values())];
const cube = (x: Variable) => x.pow(3).sum();

/** y = tanh(W x) with a fixed W of [3, 2], x of [2]. */
const W = randomNd([3, 2], 3);
const layer = (x: Variable) =>
  matmul(new Variable(W.data, { shape: W.shape }), x.reshape([2, 1]))
    .tanh()
    .reshape([3]);
const exactLayer = (x: Nd) =>
  nd(
    [3],
    [0, 1, 2].map((row) => Math.tanh(W.data[2 * row]! * x.data[0]! + W.data[2 * row + 1]! * x.data[1]!)),
  );
const slopes = (x: Nd) =>
  [...exactLayer(x).data].flatMap((y, row) => [0, 1].map((column) => (1 - y * y) * W.data[2 * row + column]!));

describe(`functional gradients [${backendName}]`, () => {
  onBackend();

  it('differentiates in the first argument alone, also when it comes twice', async () => {
    const x = new Variable([2, 3], { requiresGrad: true });
    const f = (a: Variable, b: Variable) => a.mul(b).sum();
    expect(await numbers(grad(f)([2, 3], [5, 7]))).to.deep.equal([5, 7]);
    expect(await numbers(grad(f)(x, x))).to.deep.equal([2, 3]);
    expect(x.grad).to.equal(null);
  });

  it('nests: the second and third derivatives of x^3', async () => {
    const first = grad(cube);
    const second = grad((x) => first(x).sum());
    const third = grad((x) => second(x).sum());
    expectClose(await numbers(first([2])), [12], 'first');
    expectClose(await numbers(second([2])), [12], 'second');
    expectClose(await numbers(third([2])), [6], 'third');
  });

  it('stays on the tape of what it is given, also for what the function closes over', async () => {
    const x = new Variable([3], { requiresGrad: true });
    grad(cube)(x.square()).sum().backward(); // 3 x^4
    expectClose(await x.grad!.data(), [12 * 27], 'through the argument');
    const w = new Variable([5], { requiresGrad: true });
    const slope = grad((z) => z.mul(w.square()).sum(), { createGraph: true })([1]);
    slope.backward();
    expect(await numbers(new Variable(w.grad!))).to.deep.equal([10]);
  });

  it('leaves the graph of what it closes over alone', async () => {
    const x = new Variable([3], { requiresGrad: true });
    const outer = x.square();
    expect(await numbers(grad((z) => z.mul(outer).sum())([1]))).to.deep.equal([9]);
    outer.backward();
    expect(await numbers(new Variable(x.grad!))).to.deep.equal([6]);
  });

  it('works inside noGrad, where its result is a constant', async () => {
    const x = new Variable([2], { requiresGrad: true });
    const slope = noGrad(() => grad(cube)(x));
    expect(slope.tracked).to.equal(false);
    expect(await numbers(slope)).to.deep.equal([12]);
  });

  it('gives zeros where the function does not depend on its argument', async () => {
    expect(await numbers(grad((_, b) => b.sum())([1, 2], [3]))).to.deep.equal([0, 0]);
  });

  it('gives value and gradient of one pass', async () => {
    let passes = 0;
    const [value, slope] = valueAndGrad((x) => (passes++, cube(x)))([1, 2]);
    expect([await value.item(), await numbers(slope), passes]).to.deep.equal([9, [3, 12], 1]);
    expect([value.tracked, slope.tracked]).to.deep.equal([false, false]);
  });

  it('refuses a function of more than one result', () => {
    const vector = (x: Variable) => x.mul(2);
    for (const run of [grad(vector), valueAndGrad(vector), (x: number[]) => hessian(vector, x)]) {
      expect(() => run([1, 2])).to.throw(AutogradError, 'gradient of a function of more than one element');
    }
  });

  it('pulls cotangents back, as often as it is asked', async () => {
    const x = randomNd([2], 1);
    const [y, pullback] = vjp(layer, x.data);
    expectClose(await y.values(), exactLayer(x).data, 'value');
    const rows = slopes(x);
    for (const row of [0, 1, 2]) {
      const [dx] = pullback([0, 1, 2].map((at) => (at === row ? 1 : 0)));
      expectClose(await dx!.values(), rows.slice(2 * row, 2 * row + 2), `row ${row}`);
    }
    expect(() => pullback([1])).to.throw(ShapeError, 'Expected [3], received [1]');
  });

  it('pushes tangents forward', async () => {
    const x = randomNd([2], 1);
    const [y, tangent] = jvp(layer, [x.data], [[0.5, -2]]);
    const rows = slopes(x);
    expectClose(await y.values(), exactLayer(x).data, 'value');
    expectClose(
      await tangent.values(),
      [0, 1, 2].map((row) => 0.5 * rows[2 * row]! - 2 * rows[2 * row + 1]!),
      'tangent',
    );
    const [, sumOfTwo] = jvp((a, b) => a.mul(b), [[3], [5]], [[1], [10]]);
    expect(await numbers(sumOfTwo)).to.deep.equal([35]);
    expect(() => jvp(layer, [x.data], [[1]])).to.throw(ShapeError, 'tangent 0');
    expect(() => jvp(layer, [x.data], [])).to.throw(ShapeError, 'received nothing');
  });

  it('lists every first and second derivative', async () => {
    const x = randomNd([2], 1);
    const J = jacobian(layer, x.data);
    expect(J.shape).to.deep.equal([3, 2]);
    expectClose(await J.values(), slopes(x), 'jacobian');

    const at = randomNd([2, 2], 4);
    const product = (z: Nd) => nd([], [z.data[0]! ** 2 * z.data[3]! + Math.exp(z.data[1]! * z.data[2]!)]);
    const f = (z: Variable) => {
      const [a, b, c, d] = [0, 1, 2, 3].map((i) => z.reshape([4]).slice([i], [1])) as [
        Variable,
        Variable,
        Variable,
        Variable,
      ];
      return a.square().mul(d).add(b.mul(c).exp()).sum();
    };
    const H = hessian(f, new Variable(at.data, { shape: at.shape }));
    expect(H.shape).to.deep.equal([2, 2, 2, 2]);
    const expected = [0, 1, 2, 3].flatMap((row) => {
      const direction = nd(
        [2, 2],
        [0, 1, 2, 3].map((i) => (i === row ? 1 : 0)),
      );
      const seconds = doubleDifferences(() => product(at), [at], [direction], 0, nd([], [1]));
      return [...seconds].map((value) => (Math.abs(value) < 1e-7 ? 0 : value));
    });
    expectClose(await H.values(), expected, 'hessian');
  });

  it('stacks, with a gradient for each part, and refuses unequal shapes', async () => {
    const [a, b] = [1, 2].map((value) => new Variable([value, value], { requiresGrad: true })) as [Variable, Variable];
    const both = stack([a, b]);
    expect(await both.array()).to.deep.equal([
      [1, 1],
      [2, 2],
    ]);
    both.backward([
      [1, 2],
      [3, 4],
    ]);
    expect([[...(await a.grad!.data())], [...(await b.grad!.data())]]).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    expect(() => stack([a, new Variable([1])])).to.throw(ShapeError, 'Expected [2], received [1]');
    expect(() => stack([])).to.throw(ShapeError, 'received none');
  });

  itCollects('holds nothing but its results, also after an error', async () => {
    const x = new Variable([1, 2]);
    const failing = (z: Variable): Variable => {
      z.exp();
      throw new RangeError('on purpose');
    };
    await collectGarbage();
    const before = held();
    for (let i = 0; i < 3; i++) {
      for (const made of [
        grad(cube)(x),
        ...valueAndGrad(cube)(x),
        ...jvp(layer, [x], [[1, 1]]),
        jacobian(layer, x),
        hessian(cube, x),
      ])
        made.dispose();
      expect(() => grad(failing)(x)).to.throw(RangeError);
    }
    expectNoMore(before);
  });
});
