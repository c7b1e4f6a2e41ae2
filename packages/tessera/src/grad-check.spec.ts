import { backendName, collectGarbage, expectNoMore, held, itCollects, onBackend, randomNd } from '@tessera-nn/testing';
import { mul, sigmoid } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import {
  Activation,
  AutogradError,
  BatchNorm2D,
  Conv2D,
  defineOp,
  Dropout,
  Flatten,
  gradCheck,
  Graph,
  Identity,
  Linear,
  MaxPool2D,
  Module,
  Mul,
  parameter,
  PRelu,
  randomStream,
  seed,
  Sequential,
  Variable,
} from './index.js';

const images = () => new Variable(randomNd([2, 1, 6, 6], 3).data, { shape: [2, 1, 6, 6] });

/** x s(x) with a gradient that is a given factor off in its second term. */
const swish = (factor: number) =>
  defineOp({
    name: 'swish',
    inputs: ['x'],
    saves: ['x'],
    layout: 'any',
    forward: ({ x }) => mul(x, sigmoid(x)),
    gradients: (g, { x }) => ({
      x: () => {
        const s = x.sigmoid();
        return g.mul(s.add(x.mul(s.mul(s.neg().add(1))).mul(factor)));
      },
    }),
  });

describe(`gradCheck [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  it('checks modules of several inputs and outputs in all of them', async () => {
    const x = new Variable(randomNd([2, 3], 4).data, { shape: [2, 3] });
    const y = new Variable(randomNd([2, 3], 5).data, { shape: [2, 3] });
    const labels = new Variable([1, 0], { dtype: 'int32' });
    const [left, right, kept] = [new Linear(3, 3).node(), new Identity().node(), new Identity().node()];
    const outputs = [new Mul().node(left, right), new Activation('tanh').node(right), kept];
    const report = await gradCheck(new Graph({ inputs: [left, right, kept], outputs }), [x, y, labels]);
    expect(report.ok, String(report)).to.equal(true);
    expect(report.checked + report.skipped).to.equal(24); // x, y, and the W and b of 9 and 3

    class Crooked extends Module<readonly Variable[], readonly Variable[]> {
      static override readonly className = 'Crooked';
      override get takes() {
        return 'list' as const;
      }
      override dataShapeFrom(shapes: readonly (readonly number[])[]) {
        return shapes.map((shape) => [...shape]);
      }
      protected override updateData([a, b]: readonly Variable[]) {
        return [a!.tanh(), swish(1.5)({ x: b! })];
      }
    }
    const crooked = await gradCheck(new Crooked(), [x, y]);
    expect(crooked.ok).to.equal(false);
    expect(String(crooked)).to.contain('input 1').and.not.to.contain('input 0');
  });

  it('refuses several inputs for a module that takes one', async () => {
    const failed = await gradCheck(new Linear(2, 1), [[[1, 2]], [[3, 4]]]).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(AutogradError);
    expect(String(failed)).to.contain('gradCheck of Linear: it takes one input. Expected a list with one input, received a list of 2'); // prettier-ignore
  });

  it('passes a network, in its input and in every parameter', async () => {
    const net = new Sequential([
      new Conv2D({ inmaps: 1, outmaps: 2, size: 3 }),
      new PRelu(2),
      new MaxPool2D(2),
      new Flatten(),
      new Linear(8, 3),
      new Activation('tanh'),
    ]);
    const report = await gradCheck(net, [images()]);
    expect(report.ok, String(report)).to.equal(true);
    expect(report.checked + report.skipped).to.equal(72 + 2 * 9 + 2 + 2 + 24 + 3);
    expect(report.checked).to.be.greaterThan(100);
  });

  it('fails a sabotaged op and shows its worst elements', async () => {
    const x = [-2, -1, 0.5, 1, 3];
    const good = await gradCheck((x) => swish(1)({ x }), [x]);
    expect(good.ok, String(good)).to.equal(true);
    const bad = await gradCheck((x) => swish(1.2)({ x }), [x], { worst: 2 });
    expect(bad.ok).to.equal(false);
    expect(bad.worst).to.have.length(2);
    expect(bad.worst[0]!.excess).to.be.greaterThan(1).and.at.least(bad.worst[1]!.excess);
    expect(String(bad)).to.match(
      /^gradCheck failed: 5 elements, 0 at kinks\n {2}input 0\[\d\]: gradient .*, differences /,
    );
  });

  it('fails a module whose parameter has a wrong gradient, and names its path', async () => {
    const scale = defineOp({
      name: 'scale',
      inputs: ['x', 'a'],
      saves: ['x', 'a'],
      layout: 'logical',
      forward: ({ x, a }) => mul(x, a),
      // Summed over the maps, where it should be summed over the batch: the shapes agree.
      gradients: (g, { x, a }) => ({ x: () => g.mul(a), a: () => g.mul(x).sum(1) }),
    });
    class Scale extends Module {
      readonly factor = parameter([0.5, -2]);
      override dataShapeFrom(shape: readonly number[]) {
        return [...shape];
      }
      protected override updateData(x: Variable) {
        return scale({ x, a: this.factor });
      }
    }
    const inputs = [[[1, -2], [3, 0.5]]]; // prettier-ignore
    const report = await gradCheck(new Sequential([new Scale(), new Activation('tanh')]), inputs);
    expect(report.ok).to.equal(false);
    expect(report.worst[0]!.variable).to.equal('0.factor');
    expect(report.worst.filter(({ excess }) => excess > 1).map(({ variable }) => variable)).to.deep.equal([
      '0.factor',
      '0.factor',
    ]);
  });

  it('fails a gradient that is zero, infinite or NaN', async () => {
    for (const factor of [0, Infinity, NaN]) {
      const wrong = defineOp({
        name: 'wrong',
        inputs: ['x'],
        layout: 'any',
        forward: ({ x }) => mul(x, 2),
        gradients: (g) => ({ x: () => g.mul(factor) }),
      });
      expect((await gradCheck((x) => wrong({ x }), [[1, -2]])).ok).to.equal(false);
    }
  });

  it('checks several inputs of a function', async () => {
    const report = await gradCheck(
      (a, b) => a.mul(b).sum(0),
      [
        [[1, 2]],
        [
          [3, -4],
          [5, 6],
        ],
      ],
    );
    expect([report.ok, report.checked]).to.deep.equal([true, 6]);
  });

  it('starts random numbers and running means where they were, and puts them back', async () => {
    const dropout = new Dropout(0.5);
    const before = randomStream().state;
    const report = await gradCheck(dropout, [images()]);
    expect(report.ok, String(report)).to.equal(true);
    expect(randomStream().state).to.deep.equal(before);

    const norm = new BatchNorm2D(2);
    const buffers = async () => Promise.all([...norm.buffers()].map(async (buffer) => [...(await buffer.values())]));
    const running = await buffers();
    const x = new Variable(randomNd([3, 2, 2, 2], 4).data, { shape: [3, 2, 2, 2] });
    const normed = await gradCheck(norm, [x], { ofLargest: 0.01 });
    expect(normed.ok, String(normed)).to.equal(true);
    expect(await buffers()).to.deep.equal(running);
  });

  it('lists kinks apart, and does not pass what it could not check', async () => {
    const some = await gradCheck((x) => x.relu(), [[0.001, 1, -1]]);
    expect([some.ok, some.checked, some.skipped]).to.deep.equal([true, 2, 1]);
    const all = await gradCheck((x) => x.relu(), [[0.001, -0.001]]);
    expect([all.ok, all.uncheckable]).to.deep.equal([false, ['input 0']]);
    expect(String(all)).to.contain('more than half lies at kinks');
  });

  it('lets a gradient be nothing although float32 differences never quite are', async () => {
    const report = await gradCheck((x) => x.exp().mul(x.neg().exp()), [randomNd([16], 2).data], { ofLargest: 0 });
    expect(report.worst.some(({ quotient }) => quotient !== 0)).to.equal(true);
    expect(report.ok, String(report)).to.equal(true);
  });

  it('refuses when there is nothing to check', async () => {
    let refusal: unknown;
    await gradCheck((x) => x, [new Variable([1], { dtype: 'int32' })]).catch((error: unknown) => (refusal = error));
    expect(refusal).to.be.instanceOf(AutogradError).with.property('message').contain('nothing to check');
  });

  itCollects('changes no weight and no grad, and holds nothing afterwards', async () => {
    const net = new Linear(3, 2);
    const weights = [...(await net.W.values())];
    await gradCheck(net, [[[1, 2, 3]]]);
    await collectGarbage();
    const before = held();
    await gradCheck(net, [[[1, 2, 3]]]);
    await collectGarbage();
    expectNoMore(before);
    expect([...(await net.W.values())]).to.deep.equal(weights);
    expect(net.W.grad).to.equal(null);
  });
});
