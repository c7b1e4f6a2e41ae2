// What other systems do differently from one another, one decision a test.
import { backendName, Holder, onBackend } from '@tessera-nn/testing';
import { ModuleError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
import type { Module } from './module.js';

const weight = (...values: number[]) => parameter(values);
const buffer = () => new Variable([0]).keep();
const keys = (entries: Iterable<[string, unknown]>) => [...entries].map(([key]) => key);

describe(`Edge cases of modules [${backendName}]`, () => {
  onBackend();

  it('the same submodule under two names: walked and stored once, printed and loadable under both', async () => {
    const child = new Holder({ W: weight(1) });
    const net = new Holder({ one: child, two: child });
    expect(keys(net.namedModules())).to.deep.equal(['', 'one']);
    expect(Object.keys(net.stateDict())).to.deep.equal(['one.W']);
    net.loadStateDict({ 'two.W': new Variable([5]) });
    expect(await (child.W as Variable).array()).to.deep.equal([5]);
    expect(String(net)).to.equal('Holder(\n  (one): Holder()\n  (two): Holder()\n)');
  });

  it('the same parameter in two modules: one parameter, one summed gradient, loadable under either name', async () => {
    const W = weight(2);
    const net = new Holder({ a: new Holder({ W }), b: new Holder({ W }) });
    expect([...net.parameters()]).to.deep.equal([W]);
    W.mul(3).sum().add(W.mul(4).sum()).backward();
    net.updateParams(1);
    expect(await W.array()).to.deep.equal([-5]);
    for (const name of ['a.W', 'b.W']) {
      net.loadStateDict({ [name]: { shape: [1], values: Float32Array.of(8) } });
      expect(await W.array()).to.deep.equal([8]);
      W.set(new Variable([0]));
    }
  });

  it('the same parameter given under both names: taken if the values agree to the bit, else refused', async () => {
    const W = weight(2);
    const net = new Holder({ a: new Holder({ W }), b: new Holder({ W }) });
    const entry = (value: number) => ({ shape: [1], values: Float32Array.of(value) });
    net.loadStateDict({ 'a.W': entry(NaN), 'b.W': entry(NaN) });
    expect(await W.array()).to.deep.equal([NaN]);
    expect(() => net.loadStateDict({ 'a.W': entry(1), 'b.W': entry(2) })).to.throw(
      ModuleError,
      '"a.W" and "b.W" are one shared Variable here and come with different values',
    );
    expect(() => net.loadStateDict({ 'a.W': entry(0), 'b.W': entry(-0) })).to.throw(ModuleError, 'different values');
    expect(await W.array()).to.deep.equal([NaN]);
  });

  it('null in place of a child or a parameter: neither walked, stored nor printed', () => {
    const net = new Holder({ child: null, b: null, W: weight(1), none: undefined });
    expect(keys(net.members())).to.deep.equal(['W']);
    expect(Object.keys(net.stateDict())).to.deep.equal(['W']);
    expect(String(net)).to.equal('Holder()');
  });

  it('a deleted list or module: gone from walks and from printing', () => {
    const net = new Holder({ list: [new Holder()], child: new Holder(), last: new Holder() });
    delete net.list;
    delete net.child;
    expect(String(net)).to.equal('Holder(\n  (last): Holder()\n)');
    expect(keys(net.namedModules())).to.deep.equal(['', 'last']);
  });

  it('a field that is assigned anew: keeps its place', () => {
    const net = new Holder({ a: new Holder(), b: new Holder() });
    net.a = new Holder({ W: weight(1) });
    expect(keys(net.namedChildren())).to.deep.equal(['a', 'b']);
    net.a = null;
    net.a = new Holder();
    expect(keys(net.namedChildren())).to.deep.equal(['a', 'b']);
  });

  it('a parameter over a buffer, and the other way round: refused by name, taken as what it is by assignment', () => {
    const net = new Holder({ W: weight(1), mean: buffer() });
    expect(() => net.setVar('mean', new Variable([1]))).to.throw(ModuleError, 'no parameter "mean"');
    expect(() => net.setAttr('W', [1])).to.throw(ModuleError, 'no buffer "W"');
    [net.W, net.mean] = [net.mean, net.W];
    expect(keys(net.namedParameters())).to.deep.equal(['mean']);
    expect(keys(net.namedBuffers())).to.deep.equal(['W']);
  });

  it('a name with a dot or an empty one: refused where it holds something, as no path could lead there', () => {
    for (const key of ['a.b', '']) {
      expect(() => [...new Holder({ [key]: new Holder() }).members()], key).to.throw(
        ModuleError,
        'has a key that cannot',
      );
      expect(() => new Holder({ heads: { [key]: weight(1) } }).numOfParams(), key).to.throw(
        ModuleError,
        `"heads.${key}"`,
      );
      expect(() => new Holder({ heads: { [key]: [new Holder()] } }).eval(), key).to.throw(ModuleError);
      expect([...new Holder({ heads: { [key]: 'text' } }).members()], key).to.deep.equal([]);
    }
    const byObject = new Holder({ heads: new Map([[{}, weight(1)]]) });
    expect(() => [...byObject.members()]).to.throw(ModuleError, 'a string that is not empty');
    expect(keys(new Holder({ heads: new Map([[7, weight(1)]]) }).members())).to.deep.equal(['heads.7']);
    for (const name of ['', 'child.', 'a..b']) {
      expect(() => new Holder({ child: new Holder() }).setAttr(name, [1]), name).to.throw(ModuleError, 'no buffer');
    }
  });

  it('a field whose name begins with an underscore: state like any other, as in MegEngine', () => {
    expect(Object.keys(new Holder({ _W: weight(1) }).stateDict())).to.deep.equal(['_W']);
  });

  it('a hook that takes itself off while it runs: the others still run, it does not run again', () => {
    const net = new Holder();
    const calls: string[] = [];
    const first = net.registerForwardHook(() => {
      calls.push('first');
      first.remove();
    });
    net.registerForwardHook(() => void calls.push('second'));
    net.forward([1]);
    net.forward([1]);
    expect(calls).to.deep.equal(['first', 'second', 'second']);
  });

  it('a hook that adds a hook while it runs: the new one runs from the next call on', () => {
    const net = new Holder();
    let added = 0;
    const first = net.registerForwardPreHook(() => {
      net.registerForwardPreHook(() => void added++);
      first.remove();
    });
    net.forward([1]);
    expect(added).to.equal(0);
    net.forward([1]);
    expect(added).to.equal(1);
  });

  it('a hook that removes a later one while it runs: that one is not called any more', () => {
    const net = new Holder();
    let calls = 0;
    net.registerForwardHook(() => later.remove());
    const later = net.registerForwardHook(() => void calls++);
    net.forward([1]);
    expect(calls).to.equal(0);
  });

  it('a hook that gives null or undefined: the value stays', async () => {
    const net = new Holder();
    net.registerForwardPreHook(() => null);
    net.registerForwardPreHook(() => undefined);
    net.registerForwardHook(() => null);
    expect(await net.forward([3]).array()).to.deep.equal([3]);
  });

  it('a hook that throws: its error comes out, and the module can be used afterwards', async () => {
    const net = new Holder();
    const handle = net.registerForwardHook(() => {
      throw new RangeError('on purpose');
    });
    expect(() => net.forward([1])).to.throw(RangeError, 'on purpose');
    expect([net.data, net.inData]).to.deep.equal([null, null]);
    handle.remove();
    expect(await net.forward([3]).array()).to.deep.equal([3]);
  });

  it('an asynchronous hook: refused loudly', () => {
    const net = new Holder({}, { name: 'net' });
    const handle = net.registerForwardPreHook((async () => Promise.resolve()) as never);
    expect(() => net.forward([1])).to.throw(
      ModuleError,
      'Holder "net": a forward pre-hook cannot use what it returned. Expected a Variable in place of the value, or ' +
        'nothing, received a Promise.',
    );
    handle.remove();
    net.registerForwardHook((async () => Promise.resolve()) as never);
    expect(() => net.forward([1])).to.throw(ModuleError, 'a forward hook cannot use what it returned');
  });

  it('a module that runs inside another out of its sight: an error at the first forward pass', () => {
    class Hidden extends Holder {
      static override readonly className = 'Hidden';
      readonly #own = new Holder({ W: weight(1) });
      constructor(
        readonly seen = new Set<Module>(),
        readonly use?: () => Module,
      ) {
        super();
      }
      protected override updateData(x: Variable): Variable {
        return (this.use?.() ?? this.#own).forward(x);
      }
    }
    const refused = 'Holder ran inside Hidden, which does not hold it in a field that can be found';
    expect(() => new Hidden().forward([1])).to.throw(ModuleError, refused);
    const inSet = new Holder();
    expect(() => new Hidden(new Set([inSet]), () => inSet).forward([1])).to.throw(ModuleError, refused);
    expect(() => new Hidden(undefined, () => new Holder()).forward([1])).to.throw(ModuleError, 'this.head = head');
  });

  it('a module that only one further out holds: runs, and so does one that is held later', () => {
    const shared = new Holder();
    class Borrower extends Holder {
      protected override updateData(x: Variable): Variable {
        return shared.forward(x);
      }
    }
    class Net extends Holder {
      protected override updateData(x: Variable): Variable {
        return (this.inner as Holder).forward(x);
      }
    }
    const inner = new Borrower();
    const net = new Net({ inner });
    expect(() => net.forward([1])).to.throw(ModuleError, 'Holder ran inside Holder "inner"');
    net.shared = shared;
    net.forward([1]);
    expect(() => new Net({ inner: new Borrower() }).forward([1])).to.throw(ModuleError);
  });

  it('a module that stays in eval mode whatever it is told: train(mode, recursive) is asked of each', () => {
    class Frozen extends Holder {
      override train(_mode?: boolean, recursive?: boolean): this {
        return super.train(false, recursive);
      }
    }
    const frozen = new Frozen();
    const below = new Holder();
    const net = new Holder({ frozen, list: [below] });
    expect([net.train().training, frozen.training, below.training]).to.deep.equal([true, false, true]);
  });

  it('eval in a hook: holds from then on, and what the call made stays readable', () => {
    const net = new Holder();
    net.registerForwardHook((module) => void module.eval());
    const y = net.forward([1]);
    expect(net.training).to.equal(false);
    expect(net.data).to.equal(y);
  });

  it('train mode after an exception: what it was', () => {
    const net = new Holder({ child: new Holder() }).eval();
    net.registerForwardHook(() => {
      throw new RangeError('on purpose');
    });
    expect(() => net.forward([1])).to.throw(RangeError);
    expect([...net.modules()].map(({ training }) => training)).to.deep.equal([false, false]);
  });
});
