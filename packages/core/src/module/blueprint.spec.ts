import { backendName, onBackend } from '@tessera/testing';
import { ModuleError } from '@tessera/kernels';
import { expect } from 'chai';
import type { Variable } from '../variable/variable.js';
import { fromBlueprint, type ModuleClass } from './blueprint.js';
// Not './module.js': dependency-cruiser 17.4 takes that for Node's own module and fails.
import { Module, type Blueprint, type ModuleOptions } from '../module/module.js';

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

  it('refuse modules inside a class that is no container', () => {
    const blueprint = {
      className: 'Gain',
      options: { factor: 1 },
      modules: { a: new Gain({ factor: 1 }).getBlueprint() },
    };
    expect(() => fromBlueprint(blueprint, classes)).to.throw(ModuleError, /"Gain" holds modules.*fromModules/);
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
});
