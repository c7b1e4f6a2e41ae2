import {
  gradients,
  RandomStream,
  seed,
  Variable,
  ValueError,
  ShapeError,
  randomStream,
  scope,
  ModuleError,
} from '@tessera-nn/core';
import { backendName, expectClose, map, moduleSpec, onBackend, randomNd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Conv2D } from '../conv-2d/conv-2d.js';
import { Flatten } from '../flatten/flatten.js';
import { Dropout } from './dropout.js';

moduleSpec('Dropout without chance', {
  classes: [Dropout],
  reference: (x: Nd, _: unknown, { p, training }: Dropout) => (p === 0 || !training ? x : map(x, () => 0)),
  specials: true,
  cases: [
    { title: 'p = 0', make: () => new Dropout(0), shape: [2, 3, 4, 5] },
    { title: 'p = 1', make: () => new Dropout(1), shape: [2, 3, 4, 5] },
    { title: 'p = 1 of a vector', make: () => new Dropout({ p: 1 }), shape: [7] },
    { title: 'eval mode', make: () => new Dropout().evalMode(), shape: [2, 3, 4, 5] },
  ],
  otherShape: [3, 4],
  refuses: [
    {
      title: 'a probability below 0',
      make: () => new Dropout({ p: -0.1, name: 'drop' }),
      type: ValueError,
      says: ['Dropout "drop"', 'p does not fit', 'from 0 to 1', '-0.1'],
    },
    { title: 'a percentage', make: () => new Dropout(50), type: ValueError, says: ['from 0 to 1', '50'] },
    { title: 'NaN', make: () => new Dropout(NaN), type: ValueError, says: ['from 0 to 1', 'NaN'] },
    {
      title: 'an empty batch',
      make: () => new Dropout(),
      run: (module) => module.forward(new Variable(new Float32Array(0), { shape: [0, 3] })),
      type: ShapeError,
      says: ['[0, 3] is empty'],
    },
    {
      title: 'to overwrite a Variable that gradients are wanted of',
      make: () => new Dropout({ inplace: true, name: 'drop' }),
      run: (module) => module.forward(new Variable([1, 2], { requiresGrad: true })),
      type: ModuleError,
      says: ['Dropout "drop"', 'in place', 'inplace: false'],
    },
  ],
});

describe(`The elements that Dropout drops [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  /** Which of `count` ones survive. */
  async function survivors(module: Dropout, count: number): Promise<number[]> {
    const y = await module.forward(new Float32Array(count).fill(1)).values();
    return [...y.keys()].filter((i) => y[i] !== 0);
  }

  it('are the same on every backend', async () => {
    expect(await survivors(new Dropout(), 24)).to.deep.equal([0, 1, 2, 4, 10, 11, 12, 15, 18, 19, 22]);
    expect(await survivors(new Dropout(0.75), 24)).to.deep.equal([0, 1, 4, 6, 14, 21, 22]);
  });

  it('are multiplied by 1 / (1 - p) where they survive', async () => {
    for (const p of [0.2, 0.5, 0.9]) {
      const x = randomNd([50], 1);
      const y = await new Dropout(p).forward(Float32Array.from(x.data)).values();
      const kept = x.data.map((value, i) => (y[i] === 0 ? 0 : value / (1 - p)));
      expect(y.filter((value) => value !== 0).length).to.be.greaterThan(0);
      expectClose(y, kept, `p = ${p}`);
    }
  });

  for (const p of [0.1, 0.5, 0.8]) {
    it(`are a share of ${p}, within what chance allows`, async () => {
      const count = 20_000;
      const dropped = count - (await survivors(new Dropout(p), count)).length;
      const deviation = Math.sqrt(count * p * (1 - p));
      expect(dropped).to.be.within(count * p - 4 * deviation, count * p + 4 * deviation);
    });
  }

  it('are others in each forward pass, and the same again from the same seed', async () => {
    const module = new Dropout();
    const [first, second] = [await survivors(module, 64), await survivors(module, 64)];
    expect(second).to.not.deep.equal(first);
    seed(20261121);
    expect(await survivors(module, 64)).to.deep.equal(first);
    seed(1);
    expect(await survivors(module, 64)).to.not.deep.equal(first);
  });

  it('come from a stream of its own where it is given one', async () => {
    const [a, b] = [3, 3].map((of) => new Dropout(0.5, new RandomStream(of)));
    const before = randomStream().state;
    expect(await survivors(a!, 64)).to.deep.equal(await survivors(b!, 64));
    expect(randomStream().state).to.deep.equal(before);
  });

  it('leave the random stream alone in eval mode and for p = 0', () => {
    const before = randomStream().state;
    new Dropout().evalMode().forward([1, 2]);
    new Dropout(0).forward([1, 2]);
    expect(randomStream().state).to.deep.equal(before);
  });

  it('are dropped also when they are NaN or infinite, and NaN stays where it survives', async () => {
    const y = await new Dropout().forward(new Float32Array(64).fill(NaN)).values();
    const dropped = y.filter((value) => value === 0).length;
    expect(dropped).to.be.within(1, 63);
    expect(y.filter((value) => Number.isNaN(value)).length).to.equal(64 - dropped);
    expect((await new Dropout(1).forward([Infinity, -Infinity]).values()).every((value) => value === 0)).to.equal(true);
  });

  it('get no gradient, and the others theirs times 1 / (1 - p)', async () => {
    const x = new Variable(new Float32Array(40).fill(1), { requiresGrad: true });
    const y = new Dropout(0.2).forward(x);
    const g = randomNd([40], 7).data;
    y.backward(Float32Array.from(g));
    const output = await y.values();
    expectClose(
      await x.grad!.data(),
      g.map((value, i) => (output[i] === 0 ? 0 : value / 0.8)),
      'dx',
    );
  });

  const SHAPE = [2, 3, 4, 5];

  /** Images as they are, a part of them dropped, as rows. */
  function throughConvolution(x: Variable): Variable {
    const copy = new Conv2D({ inmaps: 3, outmaps: 3, size: 1, useBias: false });
    copy.setVar('W', new Variable([1, 0, 0, 0, 1, 0, 0, 0, 1], { shape: [3, 3, 1, 1] }));
    return new Flatten().forward(new Dropout(0.3).forward(copy.forward(x)));
  }

  const chosen = (values: Float64Array, output: ArrayLike<number>) =>
    values.map((value, i) => (output[i] === 0 ? 0 : value / 0.7));

  it('are the same in the gradient when it comes in another layout than the images went', async () => {
    // The convolution gives its images channels-last; the gradient comes back through Flatten maps first.
    const x = new Variable(new Float32Array(120).fill(1), { shape: SHAPE, requiresGrad: true });
    const y = throughConvolution(x);
    const g = randomNd([2, 60], 7).data;
    y.backward(new Variable(g, { shape: [2, 60] }));
    const output = await y.values();
    expect(output.filter((value) => value === 0).length).to.be.within(10, 70);
    expectClose(await x.grad!.data(), chosen(g, output), 'dx');
  });

  it('are the same in the gradient of the gradient', async () => {
    const x = new Variable(new Float32Array(120).fill(1), { shape: SHAPE, requiresGrad: true });
    const y = throughConvolution(x);
    const g = new Variable(randomNd([2, 60], 7).data, { shape: [2, 60], requiresGrad: true });
    const u = randomNd(SHAPE, 8).data;
    const [dx] = gradients(y, [x], { seed: g, createGraph: true });
    const [dg] = gradients(dx!, [g], { seed: new Variable(u, { shape: SHAPE }) });
    expectClose(await dg!.values(), chosen(u, await y.values()), 'dg');
  });

  it('are the same when the gradient is computed twice', async () => {
    const x = new Variable(new Float32Array(30).fill(1), { requiresGrad: true });
    const y = new Dropout().forward(x);
    y.backward(new Float32Array(30).fill(1), { retainGraph: true });
    y.backward(new Float32Array(30).fill(1));
    expect([...(await x.grad!.data())]).to.deep.equal([...(await y.values())].map((value) => 2 * value));
  });

  it('show in the input when it works in place', async () => {
    await scope(async () => {
      const x = new Variable(new Float32Array(20).fill(1));
      expect(new Dropout({ inplace: true }).forward(x).storage).to.equal(x.storage);
      expect((await x.values()).some((value) => value === 0)).to.equal(true);
    });
  });

  it('depend on the probability it prints', () => {
    expect(String(new Dropout())).to.equal('Dropout(p=0.5)');
    expect(String(new Dropout(0.2))).to.equal('Dropout(p=0.2)');
  });
});
