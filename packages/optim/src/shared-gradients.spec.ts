import { OptimizerError, Variable, type NodeInfo } from '@tessera-nn/core';
import { BatchNorm, Linear } from '@tessera-nn/modules';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { clipGradNorm } from './clip-grad/clip-grad-norm.js';
import { SGD } from './sgd/sgd.js';

/** Two ranks, of which the other one brings to every sum what a function makes of it. */
class Pair implements NodeInfo {
  readonly rank = 1;
  readonly size = 2;
  /** What this rank brought to the sums. */
  readonly brought: number[][] = [];

  constructor(readonly other: (own: readonly number[]) => readonly number[]) {}

  sum(values: Float32Array | Float64Array): void {
    this.brought.push([...values]);
    const other = this.other([...values]);
    values.forEach((value, i) => (values[i] = value + other[i]!));
  }
  meanValue(value: number): number {
    return value;
  }
  broadcast(): void {}
  barrier(): void {}
  close(): void {}
}

describe(`The gradients of several ranks [${backendName}]`, () => {
  onBackend();

  /** A network of two weights, with the gradient [3, 4] where it has one. */
  function made(nodeinfo: NodeInfo, withGrad = true) {
    const net = new Linear(2, 1, { useBias: false }).setVar('W', new Variable([[1], [1]]));
    const optimizer = new SGD({ learnRate: 1, nodeinfo }).setupOn(net);
    if (withGrad) net.forward([[3, 4]]).backward();
    return { net, optimizer };
  }
  const weights = async ({ W }: Linear) => [...(await W.values())];

  it('are averaged before the step', async () => {
    const { net, optimizer } = made(new Pair(([refusals, steps, has]) => [refusals!, steps!, has!, 1, -2]));
    optimizer.update();
    expect(await weights(net)).to.deep.equal([1 - (3 + 1) / 2, 1 - (4 - 2) / 2]);
  });

  it('are averaged with the running statistics of parts that train', async () => {
    const pair = new Pair((own) => own.map((value, i) => (i < own.length - 1 ? value : value + 2)));
    const [net, lone] = [new BatchNorm(1), new BatchNorm(1)];
    const optimizer = new SGD({ learnRate: 0, nodeinfo: pair }).setupOn(net);
    for (const module of [net, lone]) module.forward([[1], [3]]).backward([[1], [1]]);
    optimizer.update();
    const [own, other] = await Promise.all([net, lone].map(({ var: variance }) => variance.item()));
    expect(own! - other!).to.be.closeTo(1, 1e-6);
    net.evalMode();
  });

  it('count as zeros where there are none', async () => {
    const { net, optimizer } = made(new Pair(() => [0, 0, 1, 2, 4]), false);
    optimizer.update();
    expect(await weights(net)).to.deep.equal([0, -1]);
  });

  it('are none where no rank has one', () => {
    const { optimizer } = made(new Pair(() => [0, 0, 0, 0, 0]), false);
    expect(() => optimizer.update()).to.throw(OptimizerError, 'no gradient came');
  });

  it('can be averaged before they are clipped', async () => {
    const { net, optimizer } = made(new Pair((own) => own));
    optimizer.averageGradients();
    clipGradNorm(net, 1).dispose();
    optimizer.update();
    const [first, second] = await weights(net);
    expect(first).to.be.closeTo(1 - 3 / 5, 1e-6);
    expect(second).to.be.closeTo(1 - 4 / 5, 1e-6);
  });

  it('change nothing when another rank refuses the step, or is at another one', async () => {
    for (const [other, message] of [
      [[1, 0, 1, 1, 1], 'another rank cannot make this step'],
      [[0, 1, 1, 1, 1], 'the ranks are at different steps. Expected 0 steps made'],
    ] as const) {
      const { net, optimizer } = made(new Pair(() => other));
      expect(() => optimizer.update()).to.throw(OptimizerError, message);
      expect(await weights(net)).to.deep.equal([1, 1]);
      expect([...(await new Variable(net.W.grad!).values())]).to.deep.equal([3, 4]);
    }
  });

  it('are told of a step that this rank refuses, before it does', async () => {
    const pair = new Pair((own) => own);
    const { net, optimizer } = made(pair);
    net.evalMode();
    expect(() => optimizer.update()).to.throw(OptimizerError, 'the module is in eval mode');
    expect(pair.brought.map(([refusals]) => refusals)).to.deep.equal([1]);
    expect(await weights(net)).to.deep.equal([1, 1]);
  });

  it('are no business of a rank that is alone', () => {
    const alone = { ...new Pair(() => []), size: 1, sum: () => expect.fail('asked'), broadcast: () => undefined };
    const { optimizer } = made(alone as unknown as NodeInfo);
    optimizer.update();
    expect(optimizer.nodeinfo).to.equal(undefined);
    expect(() => new SGD({ nodeinfo: {} as NodeInfo })).to.throw(OptimizerError, 'what Grid.join() returns');
  });
});
