import { backendName, onBackend } from '@tessera-nn/testing';
import { AutogradError, DtypeError, ModuleError, ShapeError } from '@tessera-nn/kernels';
import { tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { noGrad } from '../autograd/grad-mode.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
// Not './module.js': dependency-cruiser 17.4 takes that for Node's own module and fails.
import { Module } from '../module/module.js';
import type { ModuleOptions } from '../module/module-options.js';

/** y = factor x + x factor, so that both the input and the parameter come twice; rows of two. */
class Twice extends Module {
  static override readonly className = 'Twice';
  readonly factor: Variable;
  fails = false;
  constructor(factor: number[], options: ModuleOptions = {}) {
    super(options);
    this.factor = parameter(factor);
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.at(-1) === 2) return [...shape];
    throw this.shapeError('rows have two numbers', { expected: '[batch, 2]', received: `[${shape.join(', ')}]` });
  }
  protected override updateData(x: Variable): Variable {
    if (this.fails) throw new ModuleError(`${this.label}: on purpose`, { path: this.path });
    return this.factor.mul(x).add(x.mul(this.factor));
  }
}

/** Gives its input, as dropout does in eval mode. */
class Pass extends Module {
  static override readonly className = 'Pass';
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x;
  }
}

class Chain extends Module {
  static override readonly className = 'Chain';
  constructor(
    readonly parts: readonly Module[],
    options: ModuleOptions = {},
  ) {
    super(options);
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return this.parts.reduce((current, part) => part.dataShapeFrom(current), [...shape]);
  }
  protected override updateData(x: Variable): Variable {
    return this.parts.reduce((current, part) => part.forward(current), x);
  }
}

const gradOf = async (variable: Variable) => [...(await variable.grad!.data())];

/** Counts how often somebody asks what to call it. */
class Asked extends Pass {
  times = 0;
  override get path(): string {
    this.times++;
    return super.path;
  }
}

describe(`Module.forward [${backendName}]`, () => {
  onBackend();

  it('takes Variables, tensors and nested arrays', async () => {
    const module = new Twice([1, 10]);
    for (const input of [new Variable([[1, 2]]), tensor([[1, 2]]), [[1, 2]], Float32Array.of(1, 2)]) {
      expect([...(await module.forward(input).values())]).to.deep.equal([2, 40]);
    }
  });

  it('keeps the last input and output to look at, until it is reset', () => {
    const module = new Twice([1, 10]);
    const x = new Variable([[1, 2]]);
    const y = module.forward(x);
    expect(module.inData).to.equal(x);
    expect(module.data).to.equal(y);
    expect(module.grad).to.equal(null);
    expect(module.reset()).to.equal(module);
    expect([module.inData, module.data, module.grad]).to.deep.equal([null, null, null]);
  });

  it('gives a Variable of its own also where it gives its input', async () => {
    const x = new Variable([1, 2]);
    const y = new Pass().forward(x);
    expect(y).not.to.equal(x);
    y.dispose();
    expect(await x.array()).to.deep.equal([1, 2]);
  });

  it('checks shape and number type first, and says which module refused', () => {
    const net = new Chain([new Pass(), new Chain([new Twice([1, 2], { name: 'unused' })])], { name: 'net' });
    expect(() => net.forward([[1, 2, 3]])).to.throw(
      ShapeError,
      'Twice "unused": rows have two numbers. Expected [batch, 2], received [1, 3].',
    );
    expect(() => net.parts[0]!.forward(new Variable([1], { dtype: 'int32' }))).to.throw(
      DtypeError,
      'Pass: the input has the wrong number type. Expected float32, received int32.',
    );
    expect(() => net.forward(new Variable([], { shape: [0, 2] }))).to.throw(
      ShapeError,
      /Chain "net": input \[0, 2\] is empty/,
    );
  });

  it('calls itself by the dotted path of the call that runs, in errors and in the gradient’s', () => {
    const inner = new Twice([1, 2]);
    const net = new Chain([new Pass(), new Chain([inner])], { name: 'net' });
    inner.fails = true;
    const failing = () => net.forward([[1, 2]]);
    expect(failing).to.throw(ModuleError, 'Twice "net.parts.1.parts.0": on purpose.');
    expect(failing).to.throw(ModuleError).with.property('path', 'net.parts.1.parts.0');
    expect(inner.path).to.equal('Twice');
    inner.fails = false;
    const y = net.forward([[1, 2]]);
    y.backward([[1, 1]]);
    expect(() => y.backward([[1, 1]])).to.throw(AutogradError, 'add in "net.parts.1.parts.0"');
  });

  it('looks for its path, which is a walk through the modules around it, only where something goes wrong', () => {
    const net = new Asked();
    net.forward([[1, 2]]);
    expect(net.times).to.equal(0);
    expect(() => net.forward([])).to.throw(ShapeError);
    expect(net.times).to.be.greaterThan(0);
  });

  it('leaves nothing for backward when it fails', () => {
    const module = new Twice([1, 10]);
    module.forward([[1, 2]]);
    module.fails = true;
    expect(() => module.forward([[3, 4]])).to.throw(ModuleError);
    expect([module.data, module.grad]).to.deep.equal([null, null]);
    expect(() => module.backward([[1, 1]])).to.throw(AutogradError, 'needs a recorded forward()');
  });
});

describe(`Module.backward [${backendName}]`, () => {
  onBackend();

  it('gives the gradient of the input as grad, those of the parameters in the parameters', async () => {
    const module = new Twice([1, 10]);
    module.forward([[1, 2]]);
    module.backward([[1, 100]]);
    expect([...(await module.grad!.values())]).to.deep.equal([2, 2000]);
    expect(await gradOf(module.factor)).to.deep.equal([2, 400]);
  });

  it('stops at its input: two modules are differentiated one after the other, as PuzzleLib does', async () => {
    const [first, second] = [new Twice([1, 10]), new Twice([0.5, 0.25])];
    const source = new Variable([[1, 2]], { requiresGrad: true });
    const x = source.mul(3);
    second.forward(first.forward(x));
    second.backward([[1, 1]]);
    expect([...(await second.grad!.values())]).to.deep.equal([1, 0.5]);
    expect([first.factor.grad, source.grad]).to.deep.equal([null, null]);
    first.backward(second.grad!);
    expect([...(await first.grad!.values())]).to.deep.equal([2, 10]);
    expect(await gradOf(first.factor)).to.deep.equal([6, 6]);
    expect(source.grad).to.equal(null);
  });

  it('gives the same in one piece as piece by piece', async () => {
    const parts = [new Twice([1, 10]), new Pass(), new Twice([0.5, 0.25])] as const;
    const net = new Chain(parts);
    net.forward([[1, 2]]);
    net.backward([[1, 1]]);
    expect([...(await net.grad!.values())]).to.deep.equal([2, 10]);
    expect(await gradOf(parts[0].factor)).to.deep.equal([2, 2]);
    expect(await gradOf(parts[2].factor)).to.deep.equal([4, 80]);
  });

  it('stops at its input also where a module in it gave that input on', async () => {
    const source = new Variable([[1, 2]], { requiresGrad: true });
    const net = new Chain([new Pass(), new Twice([1, 10]), new Pass()]);
    net.forward(source.mul(3));
    net.backward([[1, 1]]);
    expect([...(await net.grad!.values())]).to.deep.equal([2, 20]);
    expect(source.grad).to.equal(null);
  });

  it('passes the gradient on where the output is the input, whatever led to it', async () => {
    for (const make of [(x: Variable) => x, (x: Variable) => x.mul(3)]) {
      const source = new Variable([1, 2]);
      const module = new Pass();
      module.forward(make(source));
      module.backward([5, 6]);
      expect([...(await module.grad!.values())]).to.deep.equal([5, 6]);
    }
  });

  it('replaces the old gradients of parameters, or scales and adds as told', async () => {
    const module = new Twice([1, 1]);
    const step = (options?: Parameters<Module['backward']>[1]) => {
      module.forward([[1, 2]]);
      module.backward([[1, 1]], options);
    };
    step();
    step();
    expect(await gradOf(module.factor)).to.deep.equal([2, 4]);
    step({ momentum: 1 });
    expect(await gradOf(module.factor)).to.deep.equal([4, 8]);
    step({ scale: 10, momentum: 0.5 });
    expect(await gradOf(module.factor)).to.deep.equal([22, 44]);
  });

  it('leaves out what is not asked for: parameters, the input, and parameters in eval mode', async () => {
    const module = new Twice([1, 10]);
    const step = (options?: Parameters<Module['backward']>[1]) => {
      module.forward([[1, 2]]);
      module.backward([[1, 1]], options);
    };
    step({ updParamGrads: false });
    expect(module.factor.grad).to.equal(null);
    expect([...(await module.grad!.values())]).to.deep.equal([2, 20]);
    step({ updGrad: false });
    expect(module.grad).to.equal(null);
    expect(await gradOf(module.factor)).to.deep.equal([2, 4]);
    module.zeroGradParams().evalMode();
    step();
    expect(module.factor.grad).to.equal(null);
    expect([...(await module.grad!.values())]).to.deep.equal([2, 20]);
  });

  it('starts from 1 where the output is one number, and refuses to guess otherwise', async () => {
    class Total extends Twice {
      override dataShapeFrom(): number[] {
        return [];
      }
      protected override updateData(x: Variable): Variable {
        return super.updateData(x).sum();
      }
    }
    const module = new Total([1, 10]);
    module.forward([[1, 2]]);
    module.backward();
    expect([...(await module.grad!.values())]).to.deep.equal([2, 20]);

    const rows = new Twice([1, 10], { name: 'rows' });
    rows.forward([[1, 2]]);
    expect(() => rows.backward()).to.throw(ShapeError, 'Expected [1, 2], received nothing');
    expect(() => rows.backward([1, 1])).to.throw(ShapeError, /Twice "rows".*Expected \[1, 2\], received \[2\]/);
    rows.backward([[1, 1]]);
  });

  it('refuses without a recorded forward', () => {
    const module = new Twice([1, 10]);
    expect(() => module.backward([[1, 1]])).to.throw(AutogradError, /Twice: backward\(\) needs.*outside of noGrad/);
    noGrad(() => module.forward([[1, 2]]));
    expect(() => module.backward([[1, 1]])).to.throw(AutogradError, 'needs a recorded forward()');
  });

  it('refuses to run twice', () => {
    const module = new Twice([1, 10]);
    module.forward([[1, 2]]);
    module.backward([[1, 1]]);
    expect(() => module.backward([[1, 1]])).to.throw(AutogradError, 'The graph of add in "Twice" was already released');
  });
});
