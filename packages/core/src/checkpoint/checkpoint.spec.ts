import { backendName, held, expectAtRest, heldAtRest, itCollects, onBackend, randomNd } from '@tessera-nn/testing';
import { AutogradError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { grad } from '../autograd/functional.js';
import { gradients } from '../autograd/gradients.js';
import { isRecording, noGrad } from '../autograd/grad-mode.js';
import { scope } from '../memory/scope.js';
import { Module } from '../module/module.js';
import { RandomStream, randomStream, seed } from '../random.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
import { checkpoint } from './checkpoint.js';

const leaf = (...values: number[]) => new Variable(values, { requiresGrad: true });
const random = (size: number, from: number) => leaf(...randomNd([size], from).data);
const gradOf = async (variable: Variable) => [...(await variable.grad!.data())];
const onPurpose = () => {
  throw new RangeError('on purpose');
};

/** y = x W + chance; counts its runs in a buffer, draws from the shared stream, and looks at its mode. */
class Noisy extends Module {
  static override readonly className = 'Noisy';
  readonly W: Variable;
  count = new Variable([0]).keep();
  constructor(...weights: number[]) {
    super();
    this.W = parameter(weights, { name: 'W' });
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    this.count.set(this.count.add(1).detach());
    const chance = Float32Array.from({ length: x.size }, () => randomStream().uniform());
    const y = x.mul(this.W).tanh();
    return this.training ? y.mul(new Variable(chance, { shape: x.shape })) : y;
  }
}

describe(`checkpoint of a function [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  it('gives the value and the gradients of the plain run to the bit', async () => {
    const fn = (a: Variable, b: Variable) => a.mul(b).tanh().add(a.exp()).mul(b.sigmoid());
    const results: unknown[] = [];
    for (const run of [fn, (a: Variable, b: Variable) => checkpoint(fn, a, b)]) {
      const [a, b] = [random(9, 1), random(9, 2)];
      const y = run(a, b);
      y.mul(y).sum().backward();
      results.push([await y.array(), await gradOf(a), await gradOf(b)]);
    }
    expect(results[1]).to.deep.equal(results[0]);
  });

  it('runs it once, and once more when the gradient comes to it', () => {
    const x = leaf(2);
    let runs = 0;
    const y = checkpoint((given) => (runs++, given.mul(3)), x);
    expect([runs, y.node?.op.name]).to.deep.equal([1, 'checkpoint']);
    y.backward();
    expect(runs).to.equal(2);
  });

  it('holds inputs and outputs between the passes, and nothing that lies inside', () => {
    const before = held();
    scope(() => {
      const x = random(50, 3);
      let y = checkpoint((given) => given.exp().sigmoid().tanh().exp(), x);
      y = checkpoint((given) => given.exp().sigmoid().tanh().exp(), y);
      expect(held().storages - before.storages).to.equal(3); // x and two results; the plain run holds 9
      const loss = y.sum();
      loss.backward();
      for (const one of [y, loss]) one.dispose();
      expect(held().storages - before.storages).to.equal(3); // x, its gradient, and the first result
    });
    expect(held()).to.deep.equal(before);
  });

  it('takes one Variable for two inputs, each with its own gradient', async () => {
    const x = leaf(3);
    checkpoint((a, b) => a.mul(a).mul(b), x, x).backward();
    expect(await gradOf(x)).to.deep.equal([27]);
    const z = leaf(3);
    const [first] = gradients(
      checkpoint((a) => a.mul(2), z),
      [z],
    );
    expect(await first!.array()).to.deep.equal([2]);
  });

  it('takes numbers for inputs', async () => {
    const w = leaf(3);
    checkpoint((a, b) => a.mul(b).mul(w), [2], new Variable([5])).backward();
    expect(await gradOf(w)).to.deep.equal([10]);
  });

  it('gives gradients to what the function reaches by itself, though no input requires one', async () => {
    const [w, v] = [leaf(3), leaf(5)];
    const behind = v.mul(2); // a result of an op, not a leaf
    checkpoint((x) => x.mul(w).mul(behind).add(w), new Variable([7])).backward();
    expect(await gradOf(w)).to.deep.equal([71]);
    expect(await gradOf(v)).to.deep.equal([42]);
  });

  it('gives a Variable that came from several functions the sum, which its hooks see once', async () => {
    const w = leaf(3);
    const seen: number[] = [];
    w.registerHook((grad) => void seen.push(grad.data.dataSync()[0]!));
    const step = (x: Variable) => checkpoint((given) => given.mul(w), x);
    step(step(step(leaf(1)))).backward();
    expect(await gradOf(w)).to.deep.equal([27]);
    expect(seen).to.deep.equal([27]);
  });

  it('gives several results, of which some may be left unused', async () => {
    const [x, w] = [leaf(2), leaf(3)];
    const run = () => checkpoint((given) => [given.mul(w), given.mul(given).reshape([1, 1]), w], x);
    const [a, b, c] = run();
    a!
      .mul(b!.reshape([1]))
      .add(c!)
      .backward(); // w x^3 + w
    expect([await gradOf(x), await gradOf(w)]).to.deep.equal([[36], [9]]);
    for (const one of [x, w]) one.zeroGrad();
    run()[1]!.backward();
    expect(await gradOf(x)).to.deep.equal([4]);
    expect(w.grad).to.equal(null);
  });

  it('takes a function that gives its input, or what it reaches by itself', async () => {
    const [x, w] = [leaf(2), leaf(3)];
    checkpoint((given) => given, x).backward([5]);
    checkpoint((_) => w, x).backward([7]);
    expect([await gradOf(x), await gradOf(w)]).to.deep.equal([[5], [7]]);
    expect([await x.array(), await w.array()]).to.deep.equal([[2], [3]]);
  });

  it('may lie inside another, where the innermost runs a third time', async () => {
    const [x, w] = [leaf(0.5), leaf(0.25)];
    const runs = [0, 0];
    const inner = (given: Variable) => (runs[1]!++, given.mul(w).tanh());
    const outer = (given: Variable) => (runs[0]!++, checkpoint(inner, given.exp()).mul(given));
    checkpoint(outer, x).backward();
    expect(runs).to.deep.equal([2, 3]);
    const [plainX, plainW] = [leaf(0.5), leaf(0.25)];
    plainX.exp().mul(plainW).tanh().mul(plainX).backward();
    expect([await gradOf(x), await gradOf(w)]).to.deep.equal([await gradOf(plainX), await gradOf(plainW)]);
  });

  it('draws the same random numbers again, and leaves the streams where they were', async () => {
    const own = new RandomStream(5);
    const chance = (size: number) =>
      new Variable(Float32Array.from({ length: size }, () => randomStream().normal() + own.uniform()));
    const x = random(5, 4);
    randomStream().normal(); // its second number is still to come
    const y = checkpoint((given) => given.mul(chance(5)), x);
    randomStream().uniform();
    const states = [randomStream().state, own.state];
    y.sum().backward();
    expect([randomStream().state, own.state]).to.deep.equal(states);
    const [values, inputs, grads] = [await y.values(), await x.values(), await gradOf(x)];
    values.forEach((value, i) => expect(inputs[i]! * grads[i]!).to.be.closeTo(value, 1e-6));
    expect(new Set(grads).size).to.equal(5);
  });

  it('takes the values that Variables had in the forward pass, and leaves them those of now', async () => {
    const [x, w, factor] = [leaf(2), leaf(3), new Variable([5])];
    const y = checkpoint((given) => given.mul(w).mul(w).mul(factor), x);
    w.set(new Variable([100]));
    factor.set(new Variable([1000]));
    y.backward();
    expect([await gradOf(x), await gradOf(w)]).to.deep.equal([[45], [60]]);
    expect([await w.array(), await factor.array()]).to.deep.equal([[100], [1000]]);
  });

  itCollects('takes what was freed since, as a module frees what lies between its parts', async () => {
    const [x, w] = [leaf(2), leaf(3)];
    const before = await heldAtRest();
    const hidden = w.mul(2);
    const y = checkpoint((given) => given.mul(hidden).add(hidden.detach()), x);
    hidden.dispose();
    y.backward();
    expect([await gradOf(x), await gradOf(w)]).to.deep.equal([[6], [4]]);
    expect(hidden.released).to.equal(true);
    y.dispose();
    expect((await heldAtRest()).storages - before.storages).to.equal(2); // the two gradients
  });

  it('keeps its graph when asked, and says that it is released when not', async () => {
    const x = leaf(3);
    const y = checkpoint((given) => given.mul(given), x);
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(await gradOf(x)).to.deep.equal([12]);
    expect(() => y.backward()).to.throw(AutogradError, 'graph of checkpoint was already released');
  });

  it('can be differentiated again', async () => {
    const [x, w] = [leaf(2), leaf(3)];
    const fn = (given: Variable) => given.mul(given).mul(w).mul(w).sigmoid();
    const second = async (run: (given: Variable) => Variable) => {
      const [slope] = gradients(run(x), [x], { createGraph: true });
      return Promise.all(gradients(slope!.mul(slope!), [x, w]).map((grad) => grad.array()));
    };
    const plain = await second(fn);
    expect(await second((given) => checkpoint(fn, given))).to.deep.equal(plain);
    expect(await second((given) => checkpoint((one) => checkpoint(fn, one), given))).to.deep.equal(plain);
  });

  it('takes a gradient inside, and differentiates it', async () => {
    const [x, w] = [leaf(2), leaf(3)];
    checkpoint((given) => grad((at) => at.pow(3).mul(w).sum())(given).square(), x).backward(); // 9 w^2 x^4
    expect([await gradOf(x), await gradOf(w)]).to.deep.equal([[2592], [864]]);
  });

  it('records nothing in noGrad, and where nothing requires a gradient', () => {
    const before = held();
    const x = leaf(2);
    expect(noGrad(() => checkpoint((given) => given.exp().exp(), x)).node).to.equal(null);
    expect(checkpoint((given) => given.exp().exp(), new Variable([2])).node).to.equal(null);
    expect(held().storages - before.storages).to.be.at.most(4); // two inputs, two results
  });

  it('refuses what is not a Variable, a Promise above all, by name', () => {
    const refused = [async (x: Variable) => Promise.resolve(x), () => 3, () => [leaf(1), 'one']] as never[];
    for (const fn of refused) expect(() => void checkpoint(fn, leaf(1))).to.throw(AutogradError, /^checkpoint: /);
    expect(() => checkpoint(refused[0]!, leaf(1))).to.throw('received a Promise');
    expect(isRecording()).to.equal(true);
  });

  it('refuses a function that does something else the second time', () => {
    let [w, rows] = [parameter([3], { name: 'w' }), 1];
    const step = () => checkpoint((x) => x.mul(w).reshape([rows, -1]), leaf(2, 4)).sum();
    const [first, second] = [step(), step()];
    w = parameter([5], { name: 'another' });
    expect(() => first.backward()).to.throw(
      AutogradError,
      /read a Variable that.*one that reads "another" \[1\].*set\(\)/s,
    );
    expect(w.grad).to.equal(null);
    w = parameter([3]);
    rows = 2;
    expect(() => second.backward()).to.throw(AutogradError);
    const third = step();
    rows = 1;
    expect(() => third.backward()).to.throw(AutogradError, /other shapes.*Expected \[2, 1\], received \[1, 2\]/s);
  });

  itCollects('leaves nothing behind when the function throws in either pass', async () => {
    const [x, w, count] = [random(4, 5), random(4, 6), new Variable([0]).keep()];
    let [failsAt, runs] = [0, 0];
    const step = () => {
      const y = checkpoint((given) => {
        const inside = given.mul(w).exp();
        count.set(count.add(1).detach());
        randomStream().uniform();
        if (++runs === failsAt) onPurpose();
        return inside.mul(w);
      }, x);
      y.sum().backward();
    };
    step();
    for (const one of [x, w]) one.zeroGrad();
    const before = await heldAtRest();
    for (failsAt of [runs + 1, runs + 3]) {
      const [counted, state] = [await count.item(), randomStream().state.counter];
      expect(step).to.throw(RangeError, 'on purpose');
      await expectAtRest(before);
      expect(isRecording()).to.equal(true);
      expect([x.grad, w.grad]).to.deep.equal([null, null]);
      // The pass that failed was the first, or the second, which leaves no trace: one run shows either way.
      expect([await count.item(), randomStream().state.counter]).to.deep.equal([counted + 1, state + 1]);
    }
    step();
    expect(await gradOf(x)).to.have.length(4);
  });
});

describe(`checkpoint of a module [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  it('counts in buffers once, and trains as the plain module does', async () => {
    const results: unknown[] = [];
    for (const wrap of [(module: Module) => module, (module: Module) => checkpoint(module)]) {
      seed(3);
      const noisy = new Noisy(0.5, -1);
      const module = wrap(noisy);
      for (let step = 0; step < 3; step++) {
        const y = module.forward(new Variable([1, 2]));
        randomStream().uniform();
        y.square().sum().backward();
        noisy.updateParams(0.1);
      }
      results.push([await noisy.W.array(), await noisy.count.array(), randomStream().state]);
    }
    expect(results[1]).to.deep.equal(results[0]);
    expect((results[0] as number[][])[1]).to.deep.equal([3]);
  });

  it('runs again in the mode of the forward pass, and stays in that of now', async () => {
    const noisy = new Noisy(0.5);
    const x = leaf(1);
    const y = checkpoint(noisy).evalMode().forward(x);
    noisy.trainMode();
    y.backward();
    expect(noisy.training).to.equal(true);
    expect((await gradOf(x))[0]).to.be.closeTo(0.5 * (1 - Math.tanh(0.5) ** 2), 1e-6);
  });

  it('runs a module on an input at once', async () => {
    const noisy = new Noisy(0.5).evalMode();
    const y = checkpoint(noisy, [1]);
    y.backward();
    expect((await gradOf(noisy.W))[0]).to.be.closeTo(1 - Math.tanh(0.5) ** 2, 1e-6);
    expect(await noisy.count.array()).to.deep.equal([1]);
  });

  it('is one with what it holds: name, parameters, mode, printing', () => {
    const inner = new Noisy(1, 2);
    inner.name = 'noise';
    const module = checkpoint(inner);
    expect(module.name).to.equal('noise');
    expect([...module.namedParameters()].map(([path]) => path)).to.deep.equal(['module.W']);
    expect([...module.namedBuffers()].map(([path]) => path)).to.deep.equal(['module.count']);
    expect(module.evalMode().module.training).to.equal(false);
    expect(module.dataShapeFrom([3, 2])).to.deep.equal([3, 2]);
    expect(String(module)).to.equal('Checkpoint(\n  (module): Noisy()\n)');
  });
});
