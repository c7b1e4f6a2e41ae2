import { backendName, Holder, onBackend } from '@tessera-nn/testing';
import { ModuleError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
import { fromBlueprint, type Blueprint, type ModuleClass } from './blueprint.js';
// Not './module.js': dependency-cruiser 17.4 takes that for Node's own module and fails.
import { Module } from '../module/module.js';
import type { ModuleOptions } from '../module/module-options.js';
import { moduleBlueprints } from './write-blueprint.js';

class Gain extends Module {
  static override readonly className = 'Gain';
  readonly factor: number;
  constructor({ factor, ...options }: ModuleOptions & { factor: number }) {
    super(options, { factor });
    this.factor = factor;
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x.mul(this.factor);
  }
  override extraRepr(): string {
    return `factor=${this.factor}`;
  }
}

class Pair extends Module {
  static override readonly className = 'Pair';
  readonly left: Module;
  readonly right: Module;
  constructor({ left, right }: { left: Module; right: Module }) {
    super();
    this.left = left;
    this.right = right;
  }
  static fromModules(_: object, { left, right }: Record<string, Module>): Pair {
    return new Pair({ left: left!, right: right! });
  }
  override getBlueprint(): Blueprint {
    const modules = { left: this.left.getBlueprint(), right: this.right.getBlueprint() };
    return { ...super.getBlueprint(), modules };
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return this.right.dataShapeFrom(this.left.dataShapeFrom(shape));
  }
  protected override updateData(x: Variable): Variable {
    return this.right.forward(this.left.forward(x));
  }
}

class Plain extends Gain {
  static override readonly className = 'Plain' as 'Gain';
}

const classes: readonly ModuleClass[] = [Gain, Pair];
const gain = (factor: number, name?: string) => new Gain({ factor, name });
const net = () => new Pair({ left: gain(2, 'double'), right: new Pair({ left: gain(3), right: gain(5) }) });

describe(`Blueprints [${backendName}]`, () => {
  onBackend();

  it('hold class names and options as plain data, and nothing else', () => {
    expect(new Gain({ factor: 2, name: 'double' }).getBlueprint()).to.deep.equal({
      className: 'Gain',
      options: { name: 'double', factor: 2 },
    });
    expect(new Gain({ factor: 2 }).getBlueprint().options).to.deep.equal({ factor: 2 });
  });

  it('give a module that computes, prints and is written down like the first, also through JSON', async () => {
    const blueprint = JSON.parse(JSON.stringify(net().getBlueprint())) as Blueprint;
    const copy = fromBlueprint(blueprint, classes);
    expect(copy).to.be.instanceOf(Pair);
    expect(copy.getBlueprint()).to.deep.equal(net().getBlueprint());
    expect(String(copy)).to.equal(String(net()));
    expect(copy.getSubmodule('left').name).to.equal('double');
    expect(await copy.forward([1]).array()).to.deep.equal([30]);
  });

  it('are written by their static name, whatever a bundler makes of the class', () => {
    expect(new Plain({ factor: 1 }).getBlueprint().className).to.equal('Plain');
    expect(new Plain({ factor: 1 }).className).to.equal('Plain');
  });

  it('refuse a class that is not in the list, with the nearest that is', () => {
    expect(() => fromBlueprint({ className: 'Gian', options: {} }, classes)).to.throw(
      ModuleError,
      'The blueprint names the unknown class "Gian". Expected one of Gain, Pair, received "Gian". Did you mean "Gain"?',
    );
    const inner = { ...net().getBlueprint() };
    inner.modules!.right = { className: 'Convolution', options: {} };
    expect(() => fromBlueprint(inner, classes)).to.throw(ModuleError, 'Pass the class in the list of classes');
  });

  it('refuse modules inside a class that is not a container', () => {
    const blueprint = {
      className: 'Gain',
      options: { factor: 1 },
      modules: { a: new Gain({ factor: 1 }).getBlueprint() },
    };
    expect(() => fromBlueprint(blueprint, classes)).to.throw(ModuleError, /"Gain" holds modules.*fromModules/);
  });
});

describe(`Sharing in blueprints [${backendName}]`, () => {
  onBackend();
  class Tied extends Module {
    static override readonly className = 'Tied';
    W = parameter([2]);
    override dataShapeFrom(shape: readonly number[]): number[] {
      return [...shape];
    }
    protected override updateData(x: Variable): Variable {
      return x.mul(this.W);
    }
  }
  /** Holds any number of modules, written with moduleBlueprints as containers do. */
  class Bag extends Module {
    static override readonly className = 'Bag';
    constructor(readonly held: ReadonlyMap<string, Module>) {
      super();
    }
    static fromModules(_: object, modules: Record<string, Module>): Bag {
      return new Bag(new Map(Object.entries(modules)));
    }
    protected override *fields(): Iterable<[string, unknown]> {
      yield* this.held as Map<string, Module>;
    }
    override getBlueprint(): Blueprint {
      return { ...super.getBlueprint(), modules: moduleBlueprints(this, this.held) };
    }
    override dataShapeFrom(shape: readonly number[]): number[] {
      return [...shape];
    }
    protected override updateData(x: Variable): Variable {
      return [...this.held.values()].reduce((current, module) => module.forward(current), x);
    }
  }
  const known = [Gain, Tied, Bag];
  const bagOf = (...modules: [string, Module][]) => new Bag(new Map(modules));
  const copyOf = (module: Module) => fromBlueprint(JSON.parse(JSON.stringify(module)) as Blueprint, known);

  it('keeps one module in two places one, also across containers and before its first place in JSON', () => {
    const shared = new Tied();
    // JSON puts the key "1" first, so the reference comes before what it refers to.
    const net = bagOf(['a', shared], ['1', shared], ['in', bagOf(['b', bagOf(['c', shared])], ['d', gain(2)])]);
    expect(net.getBlueprint().modules!['1']).to.deep.equal({ className: 'Tied', options: {}, sameAs: 'a' });
    const copy = copyOf(net);
    const modules = ['a', '1', 'in.b.c'].map((path) => copy.getSubmodule(path));
    expect(new Set(modules).size).to.equal(1);
    expect([...copy.parameters()]).to.have.length(1);
  });

  it('keeps one parameter of several modules one', async () => {
    const [first, second] = [new Tied(), new Tied()];
    second.W = first.W;
    const net = bagOf(['first', first], ['in', bagOf(['second', second])]);
    expect(net.getBlueprint().shared).to.deep.equal({ 'in.second.W': 'first.W' });
    const copy = copyOf(net);
    expect(copy.getVar('in.second.W')).to.equal(copy.getVar('first.W'));
    copy.loadStateDict({ 'first.W': new Variable([3]) });
    expect(await copy.forward([1]).array()).to.deep.equal([9]);
  });

  it('is told by the outermost alone, by paths from there', () => {
    const [first, second] = [new Tied(), new Tied()];
    second.W = first.W;
    const inner = bagOf(['first', first], ['second', second]);
    const net = bagOf(['deep', bagOf(['inner', inner])], ['after', bagOf(['again', first])]);
    const { shared, modules } = net.getBlueprint();
    expect(shared).to.deep.equal({ 'deep.inner.second.W': 'deep.inner.first.W' });
    expect(JSON.stringify(modules)).to.not.contain('shared');
    expect(modules!.after!.modules!.again!.sameAs).to.equal('deep.inner.first');
    expect(inner.getBlueprint().shared).to.deep.equal({ 'second.W': 'first.W' });
    const copy = copyOf(net);
    expect(copy.getSubmodule('after.again')).to.equal(copy.getSubmodule('deep.inner.first'));
    expect([...copy.parameters()]).to.have.length(1);
  });

  it('is not mentioned where nothing is shared, and does not remember the last blueprint', () => {
    const net = bagOf(['a', new Tied()], ['b', bagOf(['c', new Tied()])]);
    const blueprint = net.getBlueprint();
    expect(Object.keys(blueprint)).to.deep.equal(['className', 'options', 'modules']);
    expect(net.getBlueprint()).to.deep.equal(blueprint);
    expect(JSON.stringify(blueprint)).to.not.contain('sameAs').and.not.contain('shared');
  });

  it('may not lead to itself nor to nothing', () => {
    const at = (sameAs: string): Blueprint => ({ className: 'Tied', options: {}, sameAs });
    const bag = (modules: Record<string, Blueprint>): Blueprint => ({ className: 'Bag', options: {}, modules });
    expect(() => fromBlueprint(bag({ a: at('b'), b: at('a') }), known)).to.throw(ModuleError, 'puts "a" into itself');
    expect(() => fromBlueprint(bag({ a: at('') }), known)).to.throw(ModuleError, 'into itself');
    expect(() => fromBlueprint(bag({ a: at('c.d') }), known)).to.throw(ModuleError, 'a module at "c.d"');
    expect(() => fromBlueprint(bag({ a: at('constructor') }), known)).to.throw(ModuleError, 'there is none');
    const shared = { ...bag({ a: new Tied().getBlueprint() }), shared: { 'a.V': 'a.W' } };
    expect(() => fromBlueprint(shared, known)).to.throw(ModuleError, 'between "a.W" and "a.V"');
  });
});

describe(`Printing of modules [${backendName}]`, () => {
  onBackend();

  it('is the class with its options, and what is in it underneath, as PyTorch prints it', () => {
    expect(String(new Gain({ factor: 2 }))).to.equal('Gain(factor=2)');
    expect(String(net())).to.equal(
      [
        'Pair(',
        '  (left): Gain(factor=2)',
        '  (right): Pair(',
        '    (left): Gain(factor=3)',
        '    (right): Gain(factor=5)',
        '  )',
        ')',
      ].join('\n'),
    );
  });

  it('puts options in front of what is in it, and several lines of them below each other', () => {
    class Lines extends Holder {
      constructor(
        readonly text: string,
        fields: Record<string, unknown> = {},
      ) {
        super(fields);
      }
      override extraRepr(): string {
        return this.text;
      }
    }
    expect(String(new Lines('one'))).to.equal('Holder(one)');
    expect(String(new Lines('one\ntwo'))).to.equal('Holder(\n  one\n  two\n)');
    expect(String(new Lines('one', { inner: new Lines('two\nthree') }))).to.equal(
      'Holder(\n  one\n  (inner): Holder(\n    two\n    three\n  )\n)',
    );
    expect(String(new Holder({ list: [gain(1), { deep: gain(2) }] }))).to.equal(
      'Holder(\n  (list.0): Gain(factor=1)\n  (list.1.deep): Gain(factor=2)\n)',
    );
  });

  it('is what Node’s console shows', () => {
    const inspect = Symbol.for('nodejs.util.inspect.custom') as never;
    expect((net()[inspect] as () => string)()).to.equal(String(net()));
  });
});
