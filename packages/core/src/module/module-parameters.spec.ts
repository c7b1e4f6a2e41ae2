import { backendName, held, Holder, onBackend } from '@tessera-nn/testing';
import { DtypeError, ModuleError, ShapeError, ValueError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';

const weight = (...values: number[]) => parameter(values);
const buffer = () => new Variable([0]).keep();

describe(`The parameters of a module together [${backendName}]`, () => {
  onBackend();

  it('lose their gradients by either name', () => {
    const net = new Holder({ W: weight(1), child: new Holder({ W: weight(2) }) });
    for (const forget of [() => net.zeroGrad(), () => net.zeroGradParams()]) {
      for (const variable of net.parameters()) variable.mul(2).backward([1]);
      expect([...net.parameters()].every(({ grad }) => grad !== null)).to.equal(true);
      expect(forget()).to.equal(net);
      expect([...net.parameters()].map(({ grad }) => grad)).to.deep.equal([null, null]);
    }
  });

  it('stop learning when frozen, without a gradient that an optimizer could follow, and learn again', () => {
    const child = new Holder({ W: weight(2) });
    const net = new Holder({ W: weight(1), child, mean: buffer() });
    child.eval();
    (net.W as Variable).mul(2).backward([1]);
    expect(net.freeze()).to.equal(net);
    for (const variable of net.parameters()) {
      expect(variable).to.include({ requiresGrad: false, isParameter: true, grad: null });
    }
    expect(net.unfreeze()).to.equal(net);
    expect([...net.parameters()].map(({ requiresGrad }) => requiresGrad)).to.deep.equal([true, true]);
    expect((net.mean as Variable).requiresGrad).to.equal(false);
    net.freeze(false);
    expect([...net.parameters()].map(({ requiresGrad }) => requiresGrad)).to.deep.equal([false, true]);
    net.freeze().unfreeze(false);
    expect([...net.parameters()].map(({ requiresGrad }) => requiresGrad)).to.deep.equal([true, false]);
    expect(child.training).to.equal(false);
  });

  it('that never learned do not after freezing and unfreezing; what replaces a frozen one is frozen', () => {
    const net = new Holder({ fixed: parameter([1], { requiresGrad: false }), W: weight(1) });
    net.freeze().setVar('W', new Variable([3]));
    expect(net.getVar('W').requiresGrad).to.equal(false);
    net.unfreeze();
    expect([net.getVar('fixed'), net.getVar('W')].map(({ requiresGrad }) => requiresGrad)).to.deep.equal([false, true]);
  });

  it('stay in the only type of fractions there is, and others are refused', () => {
    const net = new Holder({ W: weight(1), steps: new Variable([1], { dtype: 'int32' }).keep() });
    expect(net.to({ dtype: 'float32' })).to.equal(net);
    expect([...net.tensors()].map(({ dtype }) => dtype)).to.deep.equal(['float32', 'int32']);
    for (const dtype of ['float16', 'int32', undefined]) {
      expect(() => net.to({ dtype } as never)).to.throw(DtypeError, `Expected float32, received ${dtype}`);
    }
  });

  it('are replaced by place in sorted order, a shared one everywhere, and counted', () => {
    const tied = weight(3);
    const net = new Holder({ z: weight(1), a: new Holder({ W: tied }), B: weight(2), list: [tied], mean: buffer() });
    const [b, w] = [new Variable([20]), new Variable([30])];
    expect(net.replaceParam({ 0: b, 1: w })).to.equal(3);
    expect([net.B, net.getVar('a.W'), net.getVar('list.0')]).to.deep.equal([b, w, w]);
    expect(w).to.include({ isParameter: true, requiresGrad: true, kept: true });
    const z = new Variable([10]);
    expect(net.replaceParam(new Map([[12, z]]), 10)).to.equal(3);
    expect(net.z).to.equal(z);
    expect(net.replaceParam({})).to.equal(3);
  });

  it('are replaced by place all or none', () => {
    const [a, b] = [weight(1), weight(2)];
    const net = new Holder({ a, b });
    const fine = new Variable([5]);
    expect(() => net.replaceParam({ 0: fine, 1: new Variable([1, 2]) })).to.throw(
      ShapeError,
      'Expected [1], received [2]',
    );
    expect(() => net.replaceParam({ 0: fine, 1: new Variable([1], { dtype: 'int32' }) })).to.throw(DtypeError);
    expect(() => net.replaceParam({ 0: fine, 1: b.mul(2) })).to.throw(ModuleError, 'cannot be the result of an op');
    expect(() => net.replaceParam({ 0: fine, 2: fine })).to.throw(
      ModuleError,
      'no parameter at place 2. Expected a place from 0 to 1',
    );
    expect(() => new Holder().replaceParam({ 0: fine })).to.throw(ModuleError, 'Expected no place at all');
    expect([net.a, net.b, fine.isParameter]).to.deep.equal([a, b, false]);
  });

  it('are brought back to what their constraints allow when they step by themselves', async () => {
    const W = weight(1, 3);
    W.constraint = (values) => values.mul(0.5);
    const net = new Holder({ W });
    W.sum().backward();
    net.updateParams(1);
    expect(await W.array()).to.deep.equal([0, 1]);
    net.setVar('W', new Variable([1, 1]));
    expect(net.getVar('W').constraint).to.equal(W.constraint);
  });

  it('are freed with the module, also by "using", a shared one and twice', () => {
    const before = held().storages;
    {
      const tied = weight(1);
      using net = new Holder({ W: tied, child: new Holder({ W: tied, mean: buffer() }) });
      expect(held().storages).to.equal(before + 2);
      net.dispose();
    }
    expect(held().storages).to.equal(before);
  });

  it('are not made by a misspelt name, in the module or below, and the nearest is named', () => {
    const conv = new Holder({ W: weight(1), b: null });
    const net = new Holder({ conv }, { name: 'net' });
    for (const [name, nearest] of [
      ['conv.w', 'conv.W'],
      ['conf.W', 'conv.W'],
      ['conv.W.x', 'conv.W'],
    ] as const) {
      expect(() => net.setVar(name, new Variable([1])), name).to.throw(ModuleError, `Did you mean "${nearest}"?`);
    }
    expect(() => conv.setVar('w', new Variable([1]))).to.throw(ModuleError, 'Did you mean "W"?');
    expect(Object.keys(conv)).to.not.include('w');
    conv.setVar('b', new Variable([1])); // declared and empty
    expect(conv.getVar('b').isParameter).to.equal(true);
  });
});

describe(`The modes of a module [${backendName}]`, () => {
  onBackend();

  it('are set below it or not, as told', () => {
    const child = new Holder();
    const net = new Holder({ child });
    expect(net.train(false, false)).to.equal(net);
    expect([net.training, child.training]).to.deep.equal([false, true]);
    net.train().train(false);
    expect([net.training, child.training]).to.deep.equal([false, false]);
  });

  it('are true or false and nothing else', () => {
    const net = new Holder().eval();
    expect(() => net.train(1 as never)).to.throw(ValueError, 'Expected true or false, received 1');
    expect(() => net.train(null as never)).to.throw(ValueError);
    expect(net.training).to.equal(false);
  });

  it('forget the last call when they change', () => {
    const net = new Holder();
    net.forward([1]);
    net.eval();
    expect([net.data, net.inData]).to.deep.equal([null, null]);
  });

  it('fix the number type where a module takes several, all or none', async () => {
    class Any extends Holder {
      protected override get dtypes() {
        return ['float32', 'int32'] as const;
      }
    }
    const [any, child] = [new Any(), new Holder()];
    const net = new Any({ any });
    const whole = () => new Variable([1], { dtype: 'int32' });
    expect(await net.forward(whole()).array()).to.deep.equal([1]);
    expect(net.calcMode('float32')).to.equal(net);
    expect(() => net.forward(whole())).to.throw(DtypeError, 'Expected float32, received int32');
    expect(() => any.forward(whole())).to.throw(DtypeError);
    net.calcMode('int32');
    expect(() => net.forward([1])).to.throw(DtypeError, 'Expected int32, received float32');
    net.child = child;
    expect(() => net.calcMode('int32')).to.throw(ModuleError, 'Holder cannot calculate in int32. Expected float32');
    expect(() => net.calcMode('float16' as never)).to.throw(ModuleError, 'float16');
    net.calcMode('float32');
    expect(await net.forward([1]).array()).to.deep.equal([1]);
  });

  it('keep MegEngine’s flag for quantization below it too', () => {
    const child = new Holder();
    const net = new Holder({ list: [child] });
    expect([net.quantizeDisabled, child.quantizeDisabled]).to.deep.equal([false, false]);
    expect(net.disableQuantize()).to.equal(net);
    expect([net.quantizeDisabled, child.quantizeDisabled]).to.deep.equal([true, true]);
    child.disableQuantize(false);
    expect([net.quantizeDisabled, child.quantizeDisabled]).to.deep.equal([true, false]);
  });
});
