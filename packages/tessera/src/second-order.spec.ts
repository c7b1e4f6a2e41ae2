import { cast, mul, type Tensor } from '@tensorflow/tfjs-core';
import {
  backendName,
  collectGarbage,
  doubleDifferences,
  expectClose,
  held,
  map,
  nd,
  offKinks,
  onBackend,
  randomNd,
  type Nd,
} from '@tessera/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  addAll,
  AutogradError,
  Conv2D,
  defineOp,
  elementwiseOp,
  gradients,
  Linear,
  MaxPool2D,
  PRelu,
  scope,
  seed,
  Sequential,
  Variable,
  type Module,
} from './index.js';

interface Case {
  title: string;
  make: () => Module;
  shape: readonly number[];
  /** y in float64 from x and the parameters, in the order of `parameters()`. */
  exact: (x: Nd, ...parameters: Nd[]) => Nd;
  kinks?: readonly number[];
}

const kind = (make: () => Activation, exact: (x: number) => number, kinks: number[] = []): Case => ({
  title: String(make()),
  make,
  shape: [2, 3, 2, 2],
  exact: (x) => map(x, exact),
  kinks,
});
const act = (name: Activation['activation'], ...args: number[]) => new Activation({ activation: name, args });

const slopeOf = (x: Nd, slopes: Nd, which: (flat: number) => number) =>
  map(x, (value, i) => (value > 0 ? value : slopes.data[which(i)]! * value));

const cases: Case[] = [
  kind(
    () => act('sigmoid'),
    (x) => 1 / (1 + Math.exp(-x)),
  ),
  kind(() => act('tanh'), Math.tanh),
  kind(
    () => act('relu'),
    (x) => Math.max(x, 0),
    [0],
  ),
  kind(
    () => act('leakyRelu', 0.3),
    (x) => (x > 0 ? x : 0.3 * x),
    [0],
  ),
  kind(
    () => act('leakyRelu', -0.3),
    (x) => (x > 0 ? x : -0.3 * x),
    [0],
  ),
  kind(
    () => act('elu', 1.5),
    (x) => (x > 0 ? x : 1.5 * Math.expm1(x)),
    [0],
  ),
  kind(
    () => act('elu', -0.5),
    (x) => (x > 0 ? x : -0.5 * Math.expm1(x)),
    [0],
  ),
  kind(
    () => act('softPlus'),
    (x) => Math.log1p(Math.exp(x)),
  ),
  kind(
    () => act('clip', -1, 0.5),
    (x) => Math.min(Math.max(x, -1), 0.5),
    [-1, 0.5],
  ),
  {
    title: 'PRelu with a slope for each map',
    make: () => new PRelu(3),
    shape: [2, 3, 2, 2],
    kinks: [0],
    exact: (x, a) => slopeOf(x, a, (i) => Math.floor(i / 4) % 3),
  },
  {
    title: 'PRelu with one slope',
    make: () => new PRelu({ maps: 3, sharedMaps: true }),
    shape: [2, 3, 2, 2],
    kinks: [0],
    exact: (x, a) => slopeOf(x, a, () => 0),
  },
  {
    title: 'PRelu with a table of slopes',
    make: () => new PRelu({ shape: [3, 2, 2] }),
    shape: [2, 3, 2, 2],
    kinks: [0],
    exact: (x, a) => slopeOf(x, a, (i) => i % 12),
  },
  {
    title: 'Linear',
    make: () => new Linear(4, 3),
    shape: [2, 4],
    exact: (x, W, b) =>
      nd(
        [2, 3],
        Array.from({ length: 6 }, (_, at) => {
          const [n, o] = [Math.floor(at / 3), at % 3];
          return [0, 1, 2, 3].reduce((total, i) => total + x.data[n * 4 + i]! * W.data[i * 3 + o]!, b.data[o]!);
        }),
      ),
  },
];

describe(`second order through modules [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  for (const { title, make, shape, exact, kinks = [] } of cases) {
    it(`${title}: the gradients of a gradient, element by element`, async () => {
      const module = make();
      const parameters = [...module.parameters()];
      const inputs = [
        offKinks(randomNd(shape, 1), kinks, 0.1),
        ...parameters.map((p, i) => randomNd(p.shape, 2 + i, 0.5)),
      ];
      parameters.forEach((p, i) => p.set(new Variable(inputs[i + 1]!.data, { shape: p.shape })));
      const x = new Variable(inputs[0]!.data, { shape, requiresGrad: true });
      const wanted = [x, ...parameters];
      const output = module.forward(x);
      const cotangent = randomNd(output.shape, 9);
      const directions = inputs.map((input, i) => randomNd(input.shape, 20 + i));
      const grads = gradients(output, wanted, {
        seed: new Variable(cotangent.data, { shape: cotangent.shape, requiresGrad: true }),
        createGraph: true,
      });
      const along = grads.map((grad, i) => grad.mul(new Variable(directions[i]!.data, { shape: grad.shape })).sum());
      const second = gradients(addAll(along), wanted, { allowUnused: true });
      for (const [i, grad] of second.entries()) {
        const run = () => exact(...(inputs as [Nd, ...Nd[]]));
        const expected = doubleDifferences(run, inputs, directions, i, cotangent);
        if (expected.every((value) => Math.abs(value) < 1e-6)) expected.fill(0);
        expectClose(await grad.values(), expected, `second gradient ${i}`);
      }
    });
  }

  it('goes on to the third order: x^5 four times', async () => {
    const x = new Variable([-1.5], { requiresGrad: true });
    let y = x.pow(5);
    for (const factor of [5, 20, 60, 120]) {
      [y] = gradients(y, [x], { createGraph: true }) as [Variable];
      const power = { 5: 4, 20: 3, 60: 2, 120: 1 }[factor]!;
      expectClose(await y.values(), [factor * (-1.5) ** power], `factor ${factor}`);
    }
  });

  it('gives what tfjs gets wrong: the second derivatives of compositions whose factor is saved as an output', async () => {
    // tf.grad of tf.grad gives 0.2983, 0.3614, -0.8925 and 0.1725, on every backend.
    const at = -1.5;
    const [s, t, e] = [1 / (1 + Math.exp(-at)), Math.tanh(at), Math.exp(at)];
    const q = 1 / (1 + Math.exp(-at * at));
    const truths: [string, (x: Variable) => Variable, number][] = [
      ['x sigmoid(x)', (x) => x.mul(x.sigmoid()), s * (1 - s) * (2 + at * (1 - 2 * s))],
      ['x tanh(x)', (x) => x.mul(x.tanh()), 2 * (1 - t * t) * (1 - at * t)],
      ['x^2 e^x', (x) => x.square().mul(x.exp()), e * (at * at + 4 * at + 2)],
      ['sigmoid(x^2)', (x) => x.square().sigmoid(), q * (1 - q) * (2 + 4 * at * at * (1 - 2 * q))],
    ];
    for (const [title, f, truth] of truths) {
      const x = new Variable([at], { requiresGrad: true });
      const [slope] = gradients(f(x), [x], { createGraph: true });
      const [bend] = gradients(slope!, [x]);
      expectClose(await bend!.values(), [truth], title);
    }
  });

  it('selects in the second gradient as well: an infinity on the other side of a kink stays there', async () => {
    const x = new Variable([2, -1], { requiresGrad: true });
    const direction = new Variable([Infinity, 1]);
    const [slope] = gradients(act('elu', 1).forward(x), [x], { seed: [1, 1], createGraph: true });
    const [bend] = gradients(slope!, [x], { seed: direction });
    expectClose(await bend!.values(), [0, Math.exp(-1)], 'elu');
  });

  it('names the op whose gradient has no gradient, and leaves every grad as it was', () => {
    const row = elementwiseOp({
      name: 'SpecTwice',
      from: 'x',
      value: { scalar: (x) => 2 * x, glsl: '2.0 * x', compose: ({ x }) => mul(x, 2) },
      gradient: { scalar: (_, g) => 2 * g, glsl: '2.0 * g', compose: ({ g }) => mul(g, 2) },
    });
    const x = new Variable([[1, 2]], { requiresGrad: true });
    const [grad] = gradients(row(x, {}).sum(), [x], { createGraph: true });
    expect(() => grad!.square().sum().backward()).to.throw(AutogradError, /gradient of specTwice.*curvature/);
    const images = new Variable(randomNd([1, 1, 4, 4], 1).data, { shape: [1, 1, 4, 4], requiresGrad: true });
    for (const [module, op] of [
      [new Conv2D(1, 1, 3), /conv2d/i],
      [new MaxPool2D(2), /max ?pool/i],
    ] as const) {
      const [slope] = gradients(module.forward(images).square().sum(), [images], { createGraph: true });
      expect(() => slope!.square().sum().backward()).to.throw(AutogradError, op);
      expect(images.grad).to.equal(null);
    }
  });

  it('refuses an input that did not lead there, unless zeros are asked for, and leaves grads alone', async () => {
    const [x, apart] = [1, 2].map((value) => new Variable([value, value], { requiresGrad: true })) as [
      Variable,
      Variable,
    ];
    const y = x.square().sum();
    expect(() => gradients(y, [x, apart], { retainGraph: true })).to.throw(AutogradError, /Input 1.*allowUnused/);
    const [, zeros] = gradients(y, [x, apart], { allowUnused: true });
    expect(await zeros!.array()).to.deep.equal([0, 0]);
    expect([x.grad, apart.grad]).to.deep.equal([null, null]);
    expect(() => gradients(y, [x])).to.throw(AutogradError, 'already released');
    expect(() => gradients(x.mul(2), [x])).to.throw(AutogradError, 'gradients() of more than one element');
  });

  it('gives the gradient of a result in the middle, through it and beside it', async () => {
    const x = new Variable([3], { requiresGrad: true });
    const middle = x.square();
    const [ofMiddle, ofX] = gradients(middle.mul(middle).add(x), [middle, x]);
    expect(await ofMiddle!.array()).to.deep.equal([18]);
    expect(await ofX!.array()).to.deep.equal([4 * 27 + 1]);
  });

  it('does not record what nobody asked to differentiate again', () => {
    const watched = defineOp<object, Tensor>({
      name: 'watched',
      layout: 'any',
      forward: (_, [x]) => cast(x!, 'float32'),
      backward: (_, [g]) => [g!.exp()],
    });
    const x = new Variable([1], { requiresGrad: true });
    const [plain] = gradients(watched([x]), [x]);
    const [recorded] = gradients(watched([x]), [x], {
      seed: new Variable([1], { requiresGrad: true }),
      createGraph: true,
    });
    expect([plain!.tracked, recorded!.tracked]).to.deep.equal([false, true]);
  });

  it('trains with a penalty on the slope of a critic, and holds no more after twenty steps than after two', async () => {
    const critic = new Sequential([new Linear(2, 16), act('tanh'), new Linear(16, 8), new PRelu(8), new Linear(8, 1)]);
    const optimizer = new Adam(0.02).setupOn(critic);
    const points = randomNd([32, 2], 5);
    const step = () =>
      scope(() => {
        const x = new Variable(points.data, { shape: points.shape, requiresGrad: true });
        const [slope] = gradients(critic.forward(x).sum(), [x], { createGraph: true });
        const lengths = slope!.square().sum(1).add(1e-12).sqrt();
        const penalty = lengths.sub(1).square().mean();
        optimizer.zeroGradParams();
        penalty.backward();
        optimizer.update();
        return penalty.detach();
      });
    const losses: number[] = [];
    const counts: object[] = [];
    for (let i = 0; i < 20; i++) {
      const penalty = step();
      losses.push(await penalty.item());
      penalty.dispose();
      if (i === 2 || i === 19) {
        await collectGarbage();
        counts.push(held());
      }
    }
    expect(losses.at(-1)).to.be.lessThan(0.3 * losses[0]!);
    expect(counts[1]).to.deep.equal(counts[0]);
  });
});
