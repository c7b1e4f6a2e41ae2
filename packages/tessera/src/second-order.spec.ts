import { cast, mul, type Tensor } from '@tensorflow/tfjs-core';
import {
  backendName,
  collectGarbage,
  expectClose,
  held,
  itCollects,
  itOnOneBackend,
  onBackend,
  randomNd,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  AutogradError,
  AvgPool2D,
  BatchNorm2D,
  Conv2D,
  CrossEntropy,
  defineOp,
  Flatten,
  grad,
  gradCheck,
  gradients,
  Linear,
  MaxPool2D,
  Module,
  PRelu,
  PReLU,
  scope,
  seed,
  Sequential,
  Variable,
} from './index.js';

const act = (name: Activation['activation'], ...args: number[]) => new Activation({ activation: name, args });

describe(`second order through modules [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  it('goes on to the third order: x^5 four times', async () => {
    const x = new Variable([-1.5], { requiresGrad: true });
    let y = x.pow(5);
    for (const factor of [5, 20, 60, 120]) {
      [y] = gradients(y, [x], { createGraph: true }) as [Variable];
      const power = { 5: 4, 20: 3, 60: 2, 120: 1 }[factor]!;
      expectClose(await y.values(), [factor * (-1.5) ** power], `factor ${factor}`);
    }
  });

  itOnOneBackend(
    'goes on to the third order through convolutions, norms and pools, as difference quotients of the second do',
    async () => {
      const net = new Sequential([
        new Conv2D({ inmaps: 1, outmaps: 3, size: 2 }),
        new BatchNorm2D(3),
        act('tanh'),
        new MaxPool2D(2, 1),
        new AvgPool2D({ size: 2, stride: 1, pad: 1 }),
        new Flatten(),
        new Linear(27, 2),
      ]);
      const cost = new CrossEntropy();
      const loss = (x: Variable) => cost.forward(net.forward(x), [1, 0]);
      const steepness = (x: Variable) => grad(loss)(x).square().sum();
      const shape = [2, 1, 4, 4];
      const x = new Variable(randomNd(shape, 6).data, { shape });
      const report = await gradCheck((at) => grad(steepness)(at), [x]);
      expect(report.ok, String(report)).to.equal(true);
      expect(report.checked).to.be.greaterThan(24);
    },
  );

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

  it('names the op and the module whose gradient op has no backward', () => {
    const gradientOnly = defineOp({
      name: 'twice gradient',
      inputs: ['g'],
      layout: 'any',
      forward: ({ g }) => mul(g, 2),
    });
    const twice = defineOp({
      name: 'twice',
      inputs: ['x'],
      layout: 'any',
      forward: ({ x }) => mul(x, 2),
      gradients: (g) => ({ x: () => gradientOnly({ g }) }),
    });
    class Twice extends Module {
      protected override updateData = (x: Variable) => twice({ x });
      override dataShapeFrom = (shape: readonly number[]) => [...shape];
    }
    const x = new Variable([[1, 2]], { requiresGrad: true });
    const net = new Sequential([new Twice({ name: 'doubled' })], 'net');
    const [slope] = gradients(net.forward(x).square().sum(), [x], { createGraph: true });
    expect(() => slope!.square().sum().backward()).to.throw(
      AutogradError,
      /The op twice gradient in "net\.doubled" cannot be differentiated/,
    );
    expect(x.grad).to.equal(null);
  });

  it('names the penalty on slopes, which is added to their gradient and is not part of the loss', () => {
    const module = new PReLU({ numParameters: 2, alphaRegularizer: { l2: 0.5 } });
    const loss = module
      .forward([[-1, -2]])
      .square()
      .sum();
    const [slope] = gradients(loss, [module.weight], { createGraph: true });
    expect(() => slope!.square().sum().backward()).to.throw(AutogradError, /slope penalty.*cannot be differentiated/);
    expect(module.weight.grad).to.equal(null);
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
    const watched = defineOp({
      name: 'watched',
      inputs: ['x'],
      layout: 'any',
      forward: ({ x }): Tensor => cast(x, 'float32'),
      gradients: (g) => ({ x: () => g.exp() }),
    });
    const x = new Variable([1], { requiresGrad: true });
    const [plain] = gradients(watched({ x }), [x]);
    const [recorded] = gradients(watched({ x }), [x], {
      seed: new Variable([1], { requiresGrad: true }),
      createGraph: true,
    });
    expect([plain!.tracked, recorded!.tracked]).to.deep.equal([false, true]);
  });

  itCollects(
    'trains with a penalty on the slope of a critic, and holds no more after twenty steps than after two',
    async () => {
      const critic = new Sequential([
        new Conv2D({ inmaps: 1, outmaps: 6, size: 3, pad: 1 }),
        act('tanh'),
        new MaxPool2D(2),
        new Conv2D({ inmaps: 6, outmaps: 8, size: 2, groups: 2 }),
        new PRelu(8),
        new AvgPool2D(2),
        new Flatten(),
        new Linear(8, 1),
      ]);
      const optimizer = new Adam(0.02).setupOn(critic);
      const points = randomNd([8, 1, 6, 6], 5);
      const step = () =>
        scope(() => {
          const x = new Variable(points.data, { shape: points.shape, requiresGrad: true });
          const [slope] = gradients(critic.forward(x).sum(), [x], { createGraph: true });
          const lengths = slope!.square().sum([1, 2, 3]).add(1e-12).sqrt();
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
    },
  );
});
