import {
  backendName,
  collectGarbage,
  held,
  expectAtRest,
  heldAtRest,
  itCollects,
  onBackend,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { noGrad } from '../autograd/grad-mode.js';
import { relayout } from '../layout.js';
import { Module } from '../module/module.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
import { keep } from './scope.js';
import { Storage } from './storage.js';

/** A small net with everything a step touches: two weights, a child, a value that is used twice. */
class Scale extends Module {
  static override readonly className = 'Scale';
  readonly factor = parameter([0.5, 0.25, 2]);
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x.mul(this.factor);
  }
}

class Net extends Module {
  static override readonly className = 'Net';
  readonly first = new Scale();
  readonly second = new Scale();
  readonly offset = parameter([0.1]);
  override dataShapeFrom(shape: readonly number[]): number[] {
    return this.second.dataShapeFrom(this.first.dataShapeFrom(shape));
  }
  protected override updateData(x: Variable): Variable {
    const hidden = this.first.forward(x).tanh();
    return this.second.forward(hidden).add(hidden).add(this.offset);
  }
}

/** Runs a step over and over and compares what is held after the second with what is held after the last. */
async function expectNoGrowth(steps: number, step: (i: number) => unknown): Promise<void> {
  for (const i of [1, 2]) await step(i);
  const early = await heldAtRest();
  for (let i = 3; i <= steps; i++) await step(i);
  await expectAtRest(early);
}

/** What a step leaves to the collector is the same on every backend: on one of them many. */
const STEPS = backendName === 'wasm' ? 200 : 40;

describe(`Memory without scopes or dispose [${backendName}]`, () => {
  onBackend();

  itCollects(`is as large after ${STEPS} steps of training written by hand as after 2`, async () => {
    const net = new Net();
    await expectNoGrowth(STEPS, (i) => {
      const y = net.forward([[i, 1, -1]]);
      y.mul(y).mean().backward();
      net.updateParams(0.01);
      net.zeroGradParams();
    });
  });

  itCollects('is as large after 40 steps in which everything is read', async () => {
    const net = new Net();
    await expectNoGrowth(40, async (i) => {
      const x = new Variable([[i, 1, -1]]);
      const y = net.forward(x);
      const loss = y.square().mean();
      await loss.item();
      loss.backward();
      await net.offset.grad!.data();
      String(await y.array());
      net.updateParams(0.01);
      net.zeroGradParams();
    });
  });

  itCollects(`is as large after ${STEPS} steps of Variables alone`, async () => {
    const w = new Variable([1, 2, 3], { requiresGrad: true });
    await expectNoGrowth(STEPS, (i) => {
      const loss = w.mul(i).exp().add(w).sum();
      loss.backward();
      w.set(w.sub(0.001).detach());
      w.zeroGrad();
    });
  });

  itCollects('is as large after 40 forward passes whose results are dropped', async () => {
    const net = new Net();
    await expectNoGrowth(40, (i) => net.forward([[i, 1, -1]]));
  });

  itCollects('is as large after 40 steps in PuzzleLib’s style', async () => {
    const net = new Net();
    await expectNoGrowth(40, (i) => {
      net.forward([[i, 1, -1]]);
      net.backward([[1, 1, 1]]);
      net.updateParams(0.01);
    });
  });

  itCollects('is as large after 40 failing steps', async () => {
    const net = new Net();
    await expectNoGrowth(40, () => {
      expect(() => net.forward([[1, 2]])).to.throw();
      expect(() => net.forward([[1, 2, 3]]).backward()).to.throw();
    });
  });

  itCollects('goes with a module that is no longer referenced, gradients, last input and output included', async () => {
    const before = await heldAtRest();
    (() => {
      const net = new Net();
      net
        .forward([[1, 2, 3]])
        .sum()
        .backward();
      net.forward([[4, 5, 6]]);
    })();
    await expectAtRest(before);
  });

  itCollects('goes with a Variable that was looked at in logical order', async () => {
    const before = await heldAtRest();
    (() => {
      const logical = new Variable(new Float32Array(24), { shape: [1, 2, 3, 4] });
      const physical = relayout(logical.data, 'logical', 'channelsLast');
      const x = new Variable(new Storage(physical, 'channelsLast', { op: 'spec', call: undefined }));
      expect(x.data.shape).to.deep.equal([1, 2, 3, 4]);
    })();
    await expectAtRest(before);
  });

  itCollects('stays as long as somebody holds the Variable', async () => {
    const x = new Variable([1, 2]).mul(3);
    await collectGarbage();
    expect(await x.array()).to.deep.equal([3, 6]);
  });

  itCollects('stays for the gradient as long as somebody holds the end of the graph', async () => {
    const w = new Variable([2], { requiresGrad: true });
    const y = w.mul(w).exp().log();
    await collectGarbage();
    y.backward();
    expect((await w.grad!.data())[0]).to.be.closeTo(4, 1e-4);
  });
});

describe(`Memory around a module call [${backendName}]`, () => {
  onBackend();

  class Watched extends Module {
    static override readonly className = 'Watched';
    readonly inner: Variable[] = [];
    fails = false;
    override dataShapeFrom(shape: readonly number[]): number[] {
      return [...shape];
    }
    protected override updateData(x: Variable): Variable {
      const inside = [x.add(1), x.mul(2)] as const;
      this.inner.length = 0;
      this.inner.push(...inside);
      if (this.fails) throw new RangeError('on purpose');
      return inside[0].mul(inside[1]);
    }
  }

  it('is given back for everything inside but the result, which goes with its graph', () => {
    const net = new Watched();
    const x = keep(new Variable([1, 2]));
    const before = held();
    const y = net.forward(x);
    expect(net.inner.map(({ released }) => released)).to.deep.equal([true, true]);
    y.backward([1, 1]);
    y.dispose();
    expect(held()).to.deep.equal(before);
  });

  it('is given back at once where nothing is recorded', () => {
    const net = new Watched();
    const x = keep(new Variable([1, 2]));
    const before = held();
    const y = noGrad(() => net.forward(x));
    expect(held().storages).to.equal(before.storages + 1);
    y.dispose();
    expect(held()).to.deep.equal(before);
  });

  it('is held by the tape for what the gradient needs, and given back by it', async () => {
    const net = new Watched();
    const x = new Variable([3], { requiresGrad: true });
    const y = net.forward(x);
    expect(net.inner.every(({ released }) => released)).to.equal(true);
    y.backward();
    expect([...(await x.grad!.data())]).to.deep.equal([14]); // (x + 1) 2 x at 3
  });

  it('is given back when the module throws', () => {
    const net = new Watched();
    net.fails = true;
    const x = new Variable([1, 2], { requiresGrad: true });
    const before = held();
    expect(() => net.forward(x)).to.throw(RangeError, 'on purpose');
    expect(() => net.forward([1, 2])).to.throw(RangeError, 'on purpose');
    expect(held()).to.deep.equal(before);
    expect(x.released).to.equal(false);
  });
});
