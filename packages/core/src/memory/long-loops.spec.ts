import { backendName, expectAtRest, heldAtRest, itCollects, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { gradients } from '../autograd/gradients.js';
import { grad, jvp, vjp } from '../autograd/functional.js';
import { checkpoint } from '../checkpoint/checkpoint.js';
import { Module } from '../module/module.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';

/** What happens in a step is the same on every backend: on one of them many. */
const STEPS = backendName === 'wasm' ? 200 : 24;

/** y = tanh(x W) v, with a residual: matrices, a shared value, a child whose result is freed inside. */
class Layer extends Module {
  static override readonly className = 'Layer';
  readonly W = parameter([0.5, -0.25, 0.125, 1, 0.75, -1, 0.25, 0.5, -0.5], { shape: [3, 3] });
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x.matmul(this.W).tanh().add(x);
  }
}

class Net extends Module {
  static override readonly className = 'Net';
  readonly first: Module;
  readonly second: Module;
  constructor(wrap: (module: Module) => Module = (module) => module) {
    super();
    [this.first, this.second] = [wrap(new Layer()), wrap(new Layer())];
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return this.second.forward(this.first.forward(x));
  }
}

const batch = (i: number) => new Variable([[Math.sin(i), 1, -1]], { requiresGrad: true });
const lossOf = (net: Module, x: Variable) => net.forward(x).square().mean();

function update(net: Module): void {
  net.updateParams(1e-3);
  net.zeroGradParams();
}

/** One step of a loop as it is written by hand: no scope, no dispose. */
const styles: Record<string, (net: Net, i: number) => void> = {
  'loss.backward()': (net, i) => {
    lossOf(net, batch(i)).backward();
    update(net);
  },
  'module.backward(grad)': (net, i) => {
    net.forward([[Math.sin(i), 1, -1]]);
    net.backward([[1, -1, 2]]);
    update(net);
  },
  'gradients()': (net, i) => {
    const parameters = [...net.parameters()];
    const found = gradients(lossOf(net, batch(i)), parameters);
    parameters.forEach((variable, at) => variable.set(variable.sub(found[at]!.mul(1e-3)).detach()));
  },
  'a penalty on gradients, with createGraph': (net, i) => {
    const x = batch(i);
    const [slope] = gradients(net.forward(x).sum(), [x], { createGraph: true });
    slope!.square().sum().add(lossOf(net, x)).backward();
    update(net);
  },
  'a graph that was kept for a second pass': (net, i) => {
    const loss = lossOf(net, batch(i));
    loss.backward(undefined, { retainGraph: true });
    loss.backward();
    update(net);
  },
  'a graph that was kept and never spent': (net, i) => {
    lossOf(net, batch(i)).backward(undefined, { retainGraph: true });
    update(net);
  },
  'grad, vjp and jvp of functions': (net, i) => {
    const x = batch(i);
    grad((at) => lossOf(net, at), { createGraph: true })(x)
      .sum()
      .backward();
    const [, pullback] = vjp((at) => net.forward(at), x);
    pullback([[1, 2, 3]]);
    jvp((at) => net.forward(at), [[[1, 2, i]]], [[[3, 2, 1]]]);
    update(net);
  },
  'a gradient that is accumulated over four batches': (net, i) => {
    for (const part of [0, 1, 2, 3])
      lossOf(net, batch(i + part))
        .mul(0.25)
        .backward();
    update(net);
  },
};

describe(`Memory after ${STEPS} steps [${backendName}]`, () => {
  onBackend();

  async function expectNoGrowth(net: Net, step: (net: Net, i: number) => void): Promise<void> {
    for (let i = 0; i < 3; i++) step(net, i);
    const before = await heldAtRest();
    // Finalizers run between tasks: a loop that never lets go of the thread would hide behind them.
    for (let i = 3; i < STEPS; i++) {
      step(net, i);
      if (i % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await expectAtRest(before);
    for (const variable of net.parameters()) expect(variable.data.dataSync().every(Number.isFinite)).to.equal(true);
    net.dispose();
  }

  for (const [title, step] of Object.entries(styles)) {
    itCollects(`is what it was after three: ${title}`, async function () {
      this.timeout(60_000);
      await expectNoGrowth(new Net(), step);
    });
  }

  for (const title of ['loss.backward()', 'module.backward(grad)', 'a penalty on gradients, with createGraph']) {
    itCollects(`is what it was after three: ${title}, through checkpoints`, async function () {
      this.timeout(60_000);
      await expectNoGrowth(new Net((module) => checkpoint(module)), styles[title]!);
    });
  }
});
