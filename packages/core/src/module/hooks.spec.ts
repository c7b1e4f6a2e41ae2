import { backendName, held, Holder, onBackend } from '@tessera-nn/testing';
import { AutogradError, ModuleError, ShapeError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { noGrad } from '../autograd/grad-mode.js';
import { scope } from '../memory/scope.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
// Not './module.js': dependency-cruiser 17.4 takes that for Node's own module and fails.
import { Module } from '../module/module.js';

/** y = factor x for pairs. */
class Scale extends Module {
  static override readonly className = 'Scale';
  readonly factor = parameter([2, 10]);
  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.at(-1) === 2) return [...shape];
    throw this.shapeError('pairs only', { received: `[${shape.join(', ')}]` });
  }
  protected override updateData(x: Variable): Variable {
    return x.mul(this.factor);
  }
}

class Chain extends Module {
  static override readonly className = 'Chain';
  constructor(readonly parts: readonly Module[]) {
    super();
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return this.parts.reduce((current, part) => part.forward(current), x);
  }
}

const gradOf = async (variable: Variable) => [...(await variable.grad!.data())];
const leaf = (...values: number[]) => new Variable(values, { requiresGrad: true });

describe(`Hooks around forward [${backendName}]`, () => {
  onBackend();

  it('see the module, its input and its output, in the order of registration', () => {
    const module = new Scale();
    const calls: unknown[][] = [];
    module.registerForwardHook((...seen) => void calls.push(['first', ...seen]));
    module.registerForwardPreHook((...seen) => void calls.push(['before', ...seen]));
    module.registerForwardHook((...seen) => void calls.push(['second', ...seen]));
    const x = new Variable([1, 2]);
    const y = module.forward(x);
    expect(calls).to.deep.equal([
      ['before', module, x],
      ['first', module, x, y],
      ['second', module, x, y],
    ]);
  });

  it('put something in place of the input, for the checks, the module and the hooks after it', async () => {
    const module = new Scale();
    const seen: number[][] = [];
    module.registerForwardPreHook((_, input) => input.reshape([1, 2]));
    module.registerForwardPreHook((_, input) => void seen.push([...input.shape]));
    module.registerForwardHook((_, input) => void seen.push([...input.shape]));
    expect(await module.forward([1, 2]).array()).to.deep.equal([[2, 20]]);
    expect(seen).to.deep.equal([
      [1, 2],
      [1, 2],
    ]);
    module.registerForwardPreHook(() => new Variable([1, 2, 3]));
    expect(() => module.forward([1, 2])).to.throw(ShapeError, 'pairs only');
  });

  it('put something in place of the output, for the hooks after it and for the caller', async () => {
    const module = new Scale();
    module.registerForwardHook((_, __, output) => output.add(1));
    module.registerForwardHook((_, __, output) => output.mul(2));
    const y = module.forward([1, 2]);
    expect(await y.array()).to.deep.equal([6, 42]);
    expect(module.data).to.equal(y);
  });

  it('are part of the graph: gradients flow through what they made, to the caller’s input', async () => {
    const module = new Scale();
    module.registerForwardPreHook((_, input) => input.mul(3));
    module.registerForwardHook((_, __, output) => output.mul(5));
    const x = leaf(1, 2);
    module.forward(x).backward([1, 1]);
    expect(await gradOf(x)).to.deep.equal([30, 150]);
    expect(await gradOf(module.factor)).to.deep.equal([15, 30]);
    module.forward([1, 2]);
    module.backward([1, 1]);
    expect([...(await module.grad!.values())]).to.deep.equal([30, 150]);
  });

  it('may give a Variable of somebody else, which stays his', async () => {
    const fixed = new Variable([7, 8]);
    const module = new Scale();
    module.registerForwardHook(() => fixed);
    module.forward([1, 2]).dispose();
    expect(await fixed.array()).to.deep.equal([7, 8]);
  });

  it('are taken off by their handle, also by "using" and also twice, and only they', () => {
    const module = new Scale();
    let [kept, removed] = [0, 0];
    module.registerForwardHook(() => void kept++);
    const handle = module.registerForwardHook(() => void removed++);
    {
      using _ = module.registerForwardPreHook(() => void removed++);
      module.forward([1, 2]);
    }
    expect([kept, removed]).to.deep.equal([1, 2]);
    handle.remove();
    handle.remove();
    module.forward([1, 2]);
    expect([kept, removed]).to.deep.equal([2, 2]);
  });

  it('may be one function twice: each handle takes off its own', () => {
    const module = new Scale();
    let calls = 0;
    const count = () => void calls++;
    const first = module.registerForwardHook(count);
    module.registerForwardHook(count);
    first.remove();
    first.remove();
    module.forward([1, 2]);
    expect(calls).to.equal(1);
  });

  it('refuse what is not a Variable, with what it was', () => {
    const module = new Scale();
    const handle = module.registerForwardHook((() => [1, 2]) as never);
    expect(() => module.forward([1, 2])).to.throw(ModuleError, 'received an array. Wrap numbers in new Variable');
    handle.remove();
    module.registerForwardHook((() => 5) as never);
    expect(() => module.forward([1, 2])).to.throw(ModuleError, 'received number');
  });

  it('leave nothing behind, also when one throws', () => {
    const net = new Chain([new Scale(), new Scale()]);
    net.parts[0]!.registerForwardPreHook((_, input) => input.mul(2));
    net.parts[0]!.registerForwardHook((_, __, output) => output.mul(2));
    net.parts[1]!.registerBackwardHook((_, gradInput) => gradInput?.mul(2));
    const step = () =>
      scope(() => {
        net.forward(leaf(1, 2)).sum().backward();
        net.zeroGrad();
      });
    step();
    const before = held();
    for (let i = 0; i < 3; i++) step();
    expect(held()).to.deep.equal(before);
    net.parts[1]!.registerForwardHook(() => {
      throw new RangeError('on purpose');
    });
    expect(step).to.throw(RangeError);
    expect(held()).to.deep.equal(before);
  });
});

describe(`Hooks around backward [${backendName}]`, () => {
  onBackend();

  it('see the gradients on both sides of the module', async () => {
    const module = new Scale();
    const seen: number[][] = [];
    module.registerBackwardHook((which, gradInput, gradOutput) => {
      expect(which).to.equal(module);
      seen.push([...gradInput!.data.dataSync()], [...gradOutput.data.dataSync()]);
    });
    const x = leaf(1, 2);
    module.forward(x).backward([5, 7]);
    expect(seen).to.deep.equal([
      [10, 70],
      [5, 7],
    ]);
    expect(await gradOf(x)).to.deep.equal([10, 70]);
    expect(await gradOf(module.factor)).to.deep.equal([5, 14]);
  });

  it('put something in place of the gradient of the input, one after the other; parameters keep theirs', async () => {
    const module = new Scale();
    module.registerBackwardHook((_, gradInput) => gradInput!.add(1));
    module.registerBackwardHook((_, gradInput) => gradInput!.mul(10));
    const x = leaf(1, 2);
    module.forward(x.mul(1)).backward([1, 1]);
    expect(await gradOf(x)).to.deep.equal([30, 110]);
    expect(await gradOf(module.factor)).to.deep.equal([1, 2]);
    module.forward([1, 2]);
    module.backward([1, 1]);
    expect([...(await module.grad!.values())]).to.deep.equal([30, 110]);
  });

  it('run where the input needs no gradient, once for each use, and not without recording', () => {
    const module = new Scale();
    const seen: number[][] = [];
    module.registerBackwardHook((_, gradInput) => void seen.push([...gradInput!.data.dataSync()]));
    module.forward(module.forward([1, 2])).backward([1, 1]);
    expect(seen).to.deep.equal([
      [2, 10],
      [4, 100],
    ]);
    noGrad(() => module.forward([1, 2]));
    expect(seen).to.have.length(2);
  });

  it('see null for an input of whole numbers', () => {
    class Cast extends Scale {
      protected override get dtypes() {
        return ['int32' as const];
      }
      protected override updateData(): Variable {
        return this.factor.mul(3);
      }
    }
    const module = new Cast();
    const seen: unknown[] = [];
    module.registerBackwardHook((_, gradInput, gradOutput) => void seen.push(gradInput, gradOutput.data.dataSync()[0]));
    module.forward(new Variable([1, 2], { dtype: 'int32' })).backward([4, 4]);
    expect(seen).to.deep.equal([null, 4]);
  });

  it('act on calls made while they are there', () => {
    const module = new Scale();
    let calls = 0;
    const before = module.forward([1, 2]);
    const handle = module.registerBackwardHook(() => void calls++);
    before.backward([1, 1]);
    expect(calls).to.equal(0);
    const during = module.forward([1, 2]);
    handle.remove();
    during.backward([1, 1]);
    expect(calls).to.equal(0);
  });

  it('refuse gradients of another shape and Promises, and name the module', () => {
    const module = new Scale();
    const handle = module.registerBackwardHook(() => new Variable([1]));
    expect(() => module.forward([1, 2]).backward([1, 1])).to.throw(
      AutogradError,
      /Scale: a backward hook returned.*\[2\]/,
    );
    handle.remove();
    module.registerBackwardHook((async () => Promise.resolve()) as never);
    expect(() => module.forward([1, 2]).backward([1, 1])).to.throw(ModuleError, 'received a Promise');
  });

  it('run for each pass over a graph that was kept', () => {
    const module = new Scale();
    const seen: number[] = [];
    module.registerBackwardHook((_, __, gradOutput) => void seen.push(gradOutput.data.dataSync()[0]!));
    const y = module.forward([1, 2]);
    y.backward([1, 1], { retainGraph: true });
    y.backward([3, 1]);
    expect(seen).to.deep.equal([1, 3]);
  });
});

describe(`Hooks on gradients [${backendName}]`, () => {
  onBackend();

  it('see the sum over all uses of a leaf once, and what they give is what it gets', async () => {
    const x = leaf(1, 2);
    const seen: number[][] = [];
    x.registerHook((grad) => void seen.push([...grad.data.dataSync()]));
    x.registerHook((grad) => grad.mul(10));
    x.registerHook((grad) => grad.add(1));
    x.mul(3).add(x.mul(4)).backward([1, 2]);
    expect(seen).to.deep.equal([[7, 14]]);
    expect(await gradOf(x)).to.deep.equal([71, 141]);
  });

  it('change what flows on from a result in the middle of a graph', async () => {
    const x = leaf(1, 2);
    const middle = x.mul(3);
    middle.registerHook((grad) => grad.mul(100));
    middle.mul(2).add(middle).backward([1, 1]);
    expect(await gradOf(x)).to.deep.equal([900, 900]);
  });

  it('on the end of a graph see what backward starts from', async () => {
    const x = leaf(1, 2);
    const loss = x.sum();
    loss.registerHook((grad) => grad.mul(4));
    loss.backward();
    expect(await gradOf(x)).to.deep.equal([4, 4]);
  });

  it('stay on a parameter from pass to pass, until they are removed', async () => {
    const W = parameter([1]);
    const handle = W.registerHook((grad) => grad.mul(2));
    for (const expected of [2, 4]) {
      W.mul(1).backward([1]);
      expect(await gradOf(W)).to.deep.equal([expected]);
    }
    handle.remove();
    W.mul(1).backward([1]);
    expect(await gradOf(W)).to.deep.equal([5]);
  });

  it('may give a Variable of somebody else, which stays his', async () => {
    const [x, fixed] = [leaf(1, 2), new Variable([7, 8])];
    const middle = x.mul(3);
    middle.registerHook(() => fixed);
    x.registerHook(() => fixed);
    middle.backward([1, 1]);
    expect(await gradOf(x)).to.deep.equal([7, 8]);
    expect(await fixed.array()).to.deep.equal([7, 8]);
  });

  it('refuse other shapes, Promises, and Variables without a gradient; the graph stays usable', async () => {
    const W = parameter([1, 2], { name: 'W' });
    const wrong = W.registerHook(() => new Variable([1]));
    expect(() => W.mul(1).backward([1, 1])).to.throw(
      AutogradError,
      'The gradient hook of "W" returned a gradient of another',
    );
    expect(W.grad).to.equal(null);
    wrong.remove();
    const late = W.registerHook((async () => Promise.resolve()) as never);
    expect(() => W.mul(1).backward([1, 1])).to.throw(ModuleError, 'received a Promise');
    late.remove();
    W.mul(1).backward([1, 1]);
    expect(await gradOf(W)).to.deep.equal([1, 1]);
    expect(() => new Variable([1]).registerHook(() => null)).to.throw(AutogradError, 'gets no gradient');
  });

  it('leave nothing behind', () => {
    const W = parameter([1, 2]);
    W.registerHook((grad) => grad.mul(2));
    const step = () =>
      scope(() => {
        const middle = W.mul(2);
        middle.registerHook((grad) => grad.add(1));
        middle.backward([1, 1]);
        W.zeroGrad();
      });
    step();
    const before = held();
    for (let i = 0; i < 3; i++) step();
    expect(held()).to.deep.equal(before);
  });

  it('of a Holder do not count as members', () => {
    const net = new Holder();
    net.registerForwardHook(() => null);
    expect([...net.members()]).to.deep.equal([]);
  });
});
