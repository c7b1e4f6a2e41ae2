import {
  AutogradError,
  currentBackend,
  exp,
  grad,
  greater,
  log,
  Variable,
  where,
  type DifferentiableFunction,
} from '@tessera-nn/core';
import { CrossEntropy } from '@tessera-nn/cost';
import { backendName, collectGarbage, expectClose, held, itCollects, onBackend } from '@tessera-nn/testing';
import {
  customGrad,
  grad as tfGrad,
  memory,
  mul,
  tensor1d,
  tidy,
  type GradSaveFunc,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { defineOp, gradients, scope } from './index.js';

// Where gradients of tfjs 4.22 are wrong or missing, each as a test in which ours are right. What needs no gradient of a
// kernel, which tfjs-core does not bring along, shows tfjs's fault beside it; the others name it.

const leaf = (...values: number[]) => new Variable(values, { requiresGrad: true });
const gradOf = async (variable: Variable) => [...(await variable.grad!.data())];

describe(`Traps of tfjs's gradients [${backendName}]`, () => {
  onBackend();

  it('a comparison on the path: its choice is constant, where tfjs throws for want of a gradient of Greater', async () => {
    const x = leaf(-2, 0.5, 3);
    where(greater(x, 0), x.mul(x), x.mul(0.1)).sum().backward();
    expectClose(await x.grad!.data(), [0.1, 1, 6], 'dx');
  });

  it('the branch of where that was not taken: nothing comes from it, where tfjs multiplies NaN by 0', async () => {
    const x = leaf(-4, 4, -9);
    where(greater(x, 0), x.sqrt(), x.mul(2)).sum().backward();
    expectClose(await x.grad!.data(), [2, 0.25, 2], 'dx');
    const rows: [DifferentiableFunction, at: number][] = [
      [(z) => z.log(), 0],
      [(z) => z.sqrt(), -0],
      [(z) => z.pow(-1), 0],
      [(z) => z.pow(0.5), -2],
      [(z) => z.exp().exp(), 100],
    ];
    for (const [steep, at] of rows) {
      const z = leaf(at);
      where(greater(z, 1e6), steep(z), z.mul(3)).backward([1]);
      expect(await gradOf(z)).to.deep.equal([3]);
    }
  });

  /** What tfjs 4.22 gives at -1.5 instead, on cpu and webgl alike: ops that save their output lose a path. */
  const bends: { title: string; fn: DifferentiableFunction; exact: (x: number) => number; is: string; tfjs: number }[] =
    [
      {
        title: 'x sigmoid(x)',
        fn: (x) => x.mul(x.sigmoid()),
        exact: (x) => x / (1 + Math.exp(-x)),
        is: '0.1562',
        tfjs: 0.2983,
      },
      { title: 'x tanh(x)', fn: (x) => x.mul(x.tanh()), exact: (x) => x * Math.tanh(x), is: '-0.1293', tfjs: 0.3614 },
      {
        title: 'x^2 e^x',
        fn: (x) => x.square().mul(x.exp()),
        exact: (x) => x * x * Math.exp(x),
        is: '-0.3905',
        tfjs: -0.8925,
      },
      {
        title: 'mish',
        fn: (x) => x.mul(log(exp(x).add(1)).tanh()),
        exact: (x) => x * Math.tanh(Math.log(Math.exp(x) + 1)),
        is: '0.1546',
        tfjs: 0.1356,
      },
      {
        title: 'sigmoid(x^2)',
        fn: (x) => x.square().sigmoid(),
        exact: (x) => 1 / (1 + Math.exp(-x * x)),
        is: '-0.4558',
        tfjs: 0.1725,
      },
    ];
  for (const { title, fn, exact, is, tfjs } of bends) {
    it(`the second derivative of ${title} at -1.5 is ${is}, where tfjs gives ${tfjs} in silence`, async () => {
      const points = [-1.5, -0.75, 0.25, 1.25];
      const step = 2 ** -13;
      const expected = points.map((x) => (exact(x + step) - 2 * exact(x) + exact(x - step)) / step ** 2);
      expect(expected[0]!.toFixed(4)).to.equal(is);
      const bend = grad((x) => grad((at) => fn(at).sum())(x).sum())(points);
      expectClose(await bend.values(), expected, title, { relative: 1e-4 });
    });
  }

  it('a row of softmax that is all -Infinity: NaN stays in that row, and an ignored one gives 0', async () => {
    const rows = [-Infinity, -Infinity, -Infinity, 1, 2, 3, -Infinity, 0, 0];
    const scores = () => new Variable(rows, { shape: [3, 3], requiresGrad: true });
    const softmax = [Math.exp(-2), Math.exp(-1), 1].map((e) => e / (1 + Math.exp(-1) + Math.exp(-2)));
    const others = [softmax[0]!, softmax[1]!, softmax[2]! - 1, 0, -0.5, 0.5];
    const counted = scores();
    new CrossEntropy().forward(counted, new Int32Array([0, 2, 1])).backward();
    const all = await gradOf(counted);
    expect(all.slice(0, 3)).to.deep.equal([NaN, NaN, NaN]);
    expectClose(
      all.slice(3),
      others.map((value) => value / 3),
      'the other rows',
    );
    const ignored = scores();
    const loss = new CrossEntropy({ ignoreIndex: 0 }).forward(ignored, new Int32Array([0, 2, 1]));
    loss.backward();
    expect(await loss.item()).to.be.closeTo((-Math.log(softmax[2]!) + Math.log(2)) / 2, 1e-6);
    expectClose(await ignored.grad!.data(), [0, 0, 0, ...others.map((value) => value / 2)], 'all rows');
  });

  it('more than one element and no seed: refused, where tfjs takes ones', async () => {
    const double = customGrad(((x: Tensor) => ({
      value: mul(x, 2),
      gradFunc: (dy: Tensor) => mul(dy, 2),
    })) as never);
    expect([...(await tfGrad((x: Tensor) => double(x))(tensor1d([1, 2])).data())]).to.deep.equal([2, 2]);
    expect(() => leaf(1, 2).mul(2).backward()).to.throw(AutogradError, 'needs the gradient to start from');
    expect(() => gradients(leaf(1, 2).mul(2), [])).to.throw(AutogradError, 'needs the gradient to start from');
    expect(() => grad((x) => x.mul(2))([1, 2])).to.throw(AutogradError, 'needs the gradient to start from');
  });

  itCollects('an exception in the function: nothing is left behind, where tfjs keeps what was saved', async () => {
    const saving = customGrad(((x: Tensor, save: GradSaveFunc) => {
      save([x]);
      return { value: mul(x, 2), gradFunc: (dy: Tensor) => dy };
    }) as never);
    const tensor = tensor1d([1, 2]);
    const before = memory().numTensors;
    const fail = (): never => {
      throw new RangeError('on purpose');
    };
    const theirs = tfGrad((x) => (saving(x), fail()));
    expect(() => tidy(() => theirs(tensor))).to.throw(RangeError);
    expect(memory().numTensors - before).to.equal(1);
    await collectGarbage();
    const ours = held();
    expect(() => grad((x) => (x.exp().mul(x), fail()))([1, 2])).to.throw(RangeError);
    expect(() => scope(() => (leaf(1, 2).exp().mul(3), fail()))).to.throw(RangeError);
    expect(held()).to.deep.equal(ours);
    tensor.dispose();
  });

  it('a gradient inside a gradient of one’s own: differentiated, where tfjs has lost its tape', async () => {
    const inner = customGrad(((x: Tensor) => ({
      value: mul(x, x),
      gradFunc: (dy: Tensor) => mul(dy, mul(x, 2)),
    })) as never);
    const nested = customGrad(((x: Tensor) => ({
      value: mul(x, 3),
      gradFunc: () => tfGrad((given: Tensor) => inner(given))(x),
    })) as never);
    expect(() => tfGrad((x: Tensor) => nested(x))(tensor1d([1]))).to.throw(TypeError);

    /** y = 3 x, whose gradient is said to be that of x^3: found by differentiating. */
    const cubic = defineOp({
      name: 'cubic',
      inputs: ['x'],
      saves: ['x'],
      layout: 'any',
      forward: ({ x }): Tensor => mul(x, 3),
      gradients: (g, { x }) => ({ x: () => grad((v) => v.pow(3).sum())(x).mul(g) }),
    });
    const x = leaf(2, 3);
    cubic({ x }).backward([1, 10]);
    expect(await gradOf(x)).to.deep.equal([12, 270]);
    expect(currentBackend()).to.equal(backendName);
  });
});
