import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs
import { backendName, collectFirst, expectClose, held, onBackend } from '@tessera-nn/testing';
import {
  add,
  clone,
  getGradient,
  grad,
  greater,
  logSumExp,
  mul,
  registerGradient,
  sigmoid,
  square,
  sum,
  tensor1d,
  tensor,
  tidy,
  unregisterGradient,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { AutogradError, DtypeError } from '@tessera-nn/kernels';
import { gradients } from '../autograd/gradients.js';
import { defineOp } from '../autograd/op.js';
import { gradCheck } from '../grad-check/grad-check.js';
import { scope } from '../memory/scope.js';
import { Variable } from '../variable/variable.js';
import { fromTf } from './from-tf.js';

const leaf = (values: number[] | number[][]) => new Variable(values, { requiresGrad: true });

/** Gives its input, channels last in memory. */
const channelsLast = defineOp({
  name: 'channels last',
  inputs: ['x'],
  layout: 'channelsLast',
  forward: ({ x }) => clone(x),
  gradients: (g) => ({ x: () => g }),
});

const fail = (): never => {
  throw new RangeError('on purpose');
};

describe(`fromTf [${backendName}]`, () => {
  onBackend();
  collectFirst();

  it('gives a function of tensors its gradients, in several inputs that are broadcast', async () => {
    const gate = fromTf((a: Tensor, b: Tensor) => mul(a, sigmoid(b)));
    const [a, b] = [leaf([[1, -2], [3, 4]]), leaf([0.5, -1])]; // prettier-ignore
    const y = gate(a, b.mul(2)).mul(a);
    y.backward([[1, 10], [-1, 2]]); // prettier-ignore
    const s = [1, -2].map((z) => 1 / (1 + Math.exp(-z)));
    const rows = [[1, -2], [3, 4]]; // prettier-ignore
    const g = [[1, 10], [-1, 2]]; // prettier-ignore
    expectClose(
      await y.values(),
      rows.flatMap((row) => row.map((v, i) => v * v * s[i]!)),
      'y',
    );
    expectClose(
      await a.grad!.data(),
      rows.flatMap((row, r) => row.map((v, i) => 2 * v * s[i]! * g[r]![i]!)),
      'da',
    );
    const db = s.map((p, i) => 2 * p * (1 - p) * (rows[0]![i]! ** 2 * g[0]![i]! + rows[1]![i]! ** 2 * g[1]![i]!));
    expectClose(await b.grad!.data(), db, 'db');
  });

  it('passes gradCheck inside a chain of ops', async () => {
    const pooled = fromTf((x: Tensor) => logSumExp(x, -1));
    const report = await gradCheck((x, w) => pooled(x.matmul(w)).tanh(), [[[1, -2], [0.5, 3]], [[0.3, 0.1], [-0.2, 0.4]]]); // prettier-ignore
    expect(report.ok, String(report)).to.equal(true);
    expect(report.checked).to.equal(8);
  });

  it('gives several results, of which all, one or none are used', async () => {
    const both = fromTf((a: Tensor, b: Tensor) => [mul(a, b), square(a), sum(b)]);
    const run = async (loss: (y: Variable[]) => Variable) => {
      const [a, b] = [leaf([2, -3]), leaf([5, 7])];
      loss(both(a, b)).sum().backward();
      return Promise.all([a, b].map(async ({ grad }) => grad && [...(await grad.data())]));
    };
    expect(await run(([product, squares]) => product!.add(squares!.mul(10)))).to.deep.equal([[45, -53], [2, -3]]); // prettier-ignore
    expect(await run(([, squares]) => squares!)).to.deep.equal([[4, -6], [0, 0]]); // prettier-ignore
    expect(await run(([, , total]) => total!.mul(3))).to.deep.equal([[0, 0], [3, 3]]); // prettier-ignore
  });

  it('weights results without a zero times infinity where several come together', async () => {
    const both = fromTf((a: Tensor) => [mul(a, 2), mul(a, 3)]);
    const a = leaf([Infinity, 1]);
    const [double, triple] = both(a);
    double
      .mul(new Variable([0, 1]))
      .add(triple)
      .backward([1, 1]);
    expect([...(await a.grad!.data())]).to.deep.equal([3, 5]);
  });

  it('asks tfjs for the gradients that are wanted, and for no others', async () => {
    // A comparison has no gradient in tfjs: asking for that of b would throw.
    const pick = fromTf((a: Tensor, b: Tensor) => where(greater(b, 0), a, zerosLike(a)));
    const a = leaf([2, -3]);
    pick(a, new Variable([1, -1])).backward([1, 1]);
    expect([...(await a.grad!.data())]).to.deep.equal([1, 0]);
  });

  it('hands tensors over in logical order, whatever lies in memory', async () => {
    const weights = Float32Array.from({ length: 24 }, (_, i) => i);
    const weighted = fromTf((x: Tensor) => mul(x, tensor(weights, [2, 3, 2, 2])));
    const x = new Variable(
      weights.map((i) => i / 2),
      { shape: [2, 3, 2, 2], requiresGrad: true },
    );
    const y = weighted(channelsLast({ x }));
    expect([...(await y.values())]).to.deep.equal([...weights.map((i) => (i * i) / 2)]);
    channelsLast({ x: y })
      .mul(channelsLast({ x: y }))
      .sum()
      .backward();
    expectClose(
      await x.grad!.data(),
      weights.map((i) => i ** 3),
      'dx',
    );
  });

  it('lets the function give its input, one tensor twice, or a tensor of its own, which stays alive', async () => {
    const own = tensor1d([1, 2]);
    const all = fromTf((x: Tensor) => {
      const y = mul(x, 2);
      return [x, y, y, own];
    });
    const x = leaf([3, 4]);
    const results = all(x);
    expect(await Promise.all(results.map((result) => result.array()))).to.deep.equal([[3, 4], [6, 8], [6, 8], [1, 2]]); // prettier-ignore
    results[0].add(results[1]).add(results[2]).backward([1, 10]);
    expect([...(await x.grad!.data())]).to.deep.equal([5, 50]);
    const same = leaf([3, 4]);
    fromTf((v: Tensor) => v)(same).backward([1, 10]);
    expect([...(await same.grad!.data())]).to.deep.equal([1, 10]);
    for (const result of results) result.dispose();
    expect([...(await own.data())]).to.deep.equal([1, 2]);
    expect(await x.array()).to.deep.equal([3, 4]);
  });

  it('may use tf.grad itself, and tensors that it disposes', async () => {
    const slope = fromTf((x: Tensor) => {
      const y = grad((v: Tensor) => mul(square(v), v))(x);
      x.dispose();
      return y;
    });
    const x = leaf([2, -1]);
    expect(await slope(x).array()).to.deep.equal([12, 3]);
    expect(await x.array()).to.deep.equal([2, -1]);
  });

  it('refuses the second order by its name', () => {
    const x = leaf([2]);
    const [slope] = gradients(fromTf(square, { name: 'squares' })(x), [x], { createGraph: true });
    expect(() => gradients(slope!, [x])).to.throw(AutogradError, /gradient of fromTf\(squares\).*again.*detach/);
  });

  it('says which op of tfjs has no gradient, and when none was registered at all', () => {
    const x = leaf([2, -1]);
    const step = fromTf((v: Tensor) => where(greater(v, 0), v, zerosLike(v)), { name: 'step' });
    expect(() => step(x).sum().backward()).to.throw(AutogradError, /fromTf\(step\): tfjs knows no gradient of Greater/);
    const multiply = getGradient('Multiply');
    unregisterGradient('Multiply');
    try {
      const double = fromTf((v: Tensor) => mul(v, 2));
      expect(() => double(x).sum().backward()).to.throw(AutogradError, /Multiply.*import '@tensorflow\/tfjs'/);
    } finally {
      registerGradient(multiply);
    }
  });

  it('refuses a result that does not depend on what wants a gradient', () => {
    const cut = fromTf((v: Tensor) => tensor1d([...v.dataSync()].map((value) => 2 * value)), { name: 'cut' });
    if (backendName === 'webgl') return; // reading at once would stall the page
    expect(() => cut(leaf([1])).backward()).to.throw(AutogradError, /fromTf\(cut\): the result does not depend/);
  });

  it('refuses functions that give no tensors, and calls without inputs', () => {
    const x = leaf([1]);
    const given = (result: unknown) => () => fromTf(() => result as Tensor)(x);
    expect(given(Promise.resolve(1))).to.throw(AutogradError, /no tensors.*a Promise.*synchronous/);
    expect(given([])).to.throw(AutogradError, 'an array');
    expect(given(3)).to.throw(AutogradError, 'received number');
    expect(given(undefined)).to.throw(AutogradError, 'received undefined');
    expect(() => fromTf(() => tensor(['text']))(x)).to.throw(DtypeError, 'string');
    expect(() => fromTf(square)()).to.throw(AutogradError, 'without inputs');
  });

  it('holds no more after fifty steps than after one', () => {
    const gate = fromTf((a: Tensor, b: Tensor) => [mul(a, sigmoid(b)), add(a, b)]);
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const step = () =>
      scope(() => {
        const [y, z] = gate(a, b);
        y.mul(z).sum().backward();
        tidy(() => gate(a, b)[0].sum().backward());
      });
    step();
    const before = held();
    for (let i = 0; i < 50; i++) step();
    expect(held()).to.deep.equal(before);
  });

  it('leaves nothing behind when the function throws, forward or backward, and works on', () => {
    let when: 'forward' | 'backward' | 'never' = 'never';
    let runs = 0;
    const fragile = fromTf((v: Tensor) => {
      const y = mul(sigmoid(v), square(v)); // both save tensors for their gradients
      if (when === (runs++ === 0 ? 'forward' : 'backward')) fail();
      return y;
    });
    const x = leaf([1, 2]);
    const step = () => {
      runs = 0;
      scope(() => fragile(x).sum().backward());
    };
    step();
    const before = held();
    for (when of ['forward', 'backward', 'never'] as const) {
      if (when === 'never') step();
      else for (let i = 0; i < 3; i++) expect(step).to.throw(RangeError, 'on purpose');
      expect(held(), when).to.deep.equal(before);
    }
    const without = fromTf((v: Tensor) => mul(square(v), greater(v, 0)));
    for (let i = 0; i < 3; i++) expect(() => scope(() => without(x).sum().backward())).to.throw(AutogradError);
    expect(held(), 'a missing gradient').to.deep.equal(before);
  });
});
