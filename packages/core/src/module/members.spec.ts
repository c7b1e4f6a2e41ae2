import { backendName, Holder, onBackend } from '@tessera-nn/testing';
import { ModuleError, sizeOf } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';

const weight = (...shape: number[]) => {
  const size = sizeOf(shape);
  return parameter(new Float32Array(size), { shape });
};
const buffer = () => new Variable([0]).keep();
const keys = (entries: Iterable<[string, unknown]>) => [...entries].map(([key]) => key);

describe(`Members of a module [${backendName}]`, () => {
  onBackend();

  it('are found in fields, arrays, Maps and plain objects, in the order of definition', () => {
    const net = new Holder({
      last: weight(1),
      blocks: [new Holder({ W: weight(2) }), new Holder()],
      heads: new Map<string, unknown>([
        ['left', weight(3)],
        ['right', { deep: [weight(4)] }],
      ]),
      plain: { b: weight(5), a: weight(6) },
      first: weight(7),
      mean: buffer(),
    });
    const paths = ['last', 'heads.left', 'heads.right.deep.0', 'plain.b', 'plain.a', 'first'];
    expect(keys(net.members())).to.deep.equal([
      'last',
      'blocks.0',
      'blocks.1',
      'heads.left',
      'heads.right.deep.0',
      'plain.b',
      'plain.a',
      'first',
      'mean',
    ]);
    expect(keys(net.namedParameters())).to.deep.equal([...paths, 'blocks.0.W']);
    expect(keys(net.namedParameters({ recursive: false, prefix: 'net' }))).to.deep.equal(paths.map((p) => `net.${p}`));
    expect(keys(net.namedBuffers())).to.deep.equal(['mean']);
    expect(keys(net.namedModules())).to.deep.equal(['', 'blocks.0', 'blocks.1']);
    expect([...net.children()]).to.deep.equal(net.blocks);
    expect([...net.tensors()]).to.have.length(8);
  });

  it('are not looked for in objects of other classes, in Sets, nor in what is null', () => {
    class Other {
      readonly W = weight(1);
    }
    const net = new Holder({ other: new Other(), set: new Set([weight(1)]), none: null, text: 'text', count: 3 });
    expect(keys(net.members())).to.deep.equal([]);
  });

  it('come once each, under the name that comes first', () => {
    const shared = weight(4);
    const child = new Holder({ W: shared, b: weight(2) });
    const net = new Holder({ own: shared, one: child, two: child });
    expect(keys(net.namedParameters())).to.deep.equal(['own', 'one.b']);
    expect(keys(net.namedModules())).to.deep.equal(['', 'one']);
    expect(net.numOfParams()).to.equal(6);
    expect([...net.modules()]).to.deep.equal([net, child]);
  });

  it('may lie in circles', () => {
    const child = new Holder({ W: weight(2) });
    const net = new Holder({ child });
    child.parent = net;
    const circle: Record<string, unknown> = { W: weight(3) };
    circle.self = circle;
    net.circle = circle;
    expect(keys(net.namedParameters())).to.deep.equal(['circle.W', 'child.W']);
    expect(keys(net.namedModules())).to.deep.equal(['', 'child']);
    expect(net.eval().training).to.equal(false);
    expect(String(net)).to.equal('Holder(\n  (child): Holder(\n    (parent): Holder(...)\n  )\n)');
  });

  it('count what is learned, shared parameters once, in numbers and in memory', () => {
    const net = new Holder({ W: weight(64, 16), b: weight(64), mean: buffer() });
    expect(net.numOfParams()).to.equal(1088);
    expect(net.paramSize()).to.equal(4352);
    expect(net.paramSize('kb')).to.equal(4.25);
    expect(net.paramSize('mb')).to.equal(4352 / 2 ** 20);
    expect(new Holder().numOfParams()).to.equal(0);
  });

  it('go into and out of train mode together, and say so by returning the module', () => {
    const child = new Holder();
    const net = new Holder({ list: [child] });
    expect([net.training, child.training]).to.deep.equal([true, true]);
    for (const [set, expected] of [
      [() => net.eval(), false],
      [() => net.train(), true],
      [() => net.evalMode(), false],
      [() => net.trainMode(), true],
      [() => net.train(false), false],
    ] as const) {
      expect(set()).to.equal(net);
      expect([net.training, child.training]).to.deep.equal([expected, expected]);
    }
  });

  it('lose their gradients together', () => {
    const net = new Holder({ W: weight(2), child: new Holder({ W: weight(2) }) });
    for (const variable of net.parameters()) variable.mul(2).sum().backward();
    expect([...net.parameters()].every(({ grad }) => grad !== null)).to.equal(true);
    expect(net.zeroGradParams()).to.equal(net);
    expect([...net.parameters()].map(({ grad }) => grad)).to.deep.equal([null, null]);
  });

  it('step against their gradients together, those without one stay', async () => {
    const [a, b] = [parameter([1, 2]), parameter([3])];
    const net = new Holder({ a, child: new Holder({ b }) });
    a.mul(4).sum().backward();
    expect(net.updateParams(0.25)).to.equal(net);
    expect(await a.array()).to.deep.equal([0, 1]);
    expect(await b.array()).to.deep.equal([3]);
    expect([...(await a.grad!.data())]).to.deep.equal([4, 4]);
  });

  it('are disposed with it', () => {
    const net = new Holder({ W: weight(2), child: new Holder({ mean: buffer() }) });
    const tensors = [...net.tensors()];
    net.dispose();
    expect(tensors.map(({ released }) => released)).to.deep.equal([true, true]);
  });
});

describe(`Names of a module's members [${backendName}]`, () => {
  onBackend();

  const build = () => {
    const inner = new Holder({ W: weight(2, 3), b: null, mean: buffer() });
    const net = new Holder(
      { conv1: inner, list: [weight(1), inner], map: new Map([['gain', weight(2)]]), scale: weight(4) },
      { name: 'net' },
    );
    return { net, inner };
  };

  it('read parameters and buffers, through modules, arrays and Maps', () => {
    const { net, inner } = build();
    expect(net.getVar('scale')).to.equal(net.scale);
    expect(net.getVar('conv1.W')).to.equal(inner.W);
    expect(net.getVar('list.1.W')).to.equal(inner.W);
    expect(net.getVar('list.0')).to.equal((net.list as unknown[])[0]);
    expect(net.getVar('map.gain')).to.equal((net.map as Map<string, unknown>).get('gain'));
    expect(net.getAttr('conv1.mean')).to.equal(inner.mean);
    expect([net.hasAttr('conv1.mean'), net.hasAttr('conv1.W'), net.hasAttr('var')]).to.deep.equal([true, false, false]);
    for (const [path] of net.namedParameters()) expect(net.getVar(path).isParameter, path).to.equal(true);
  });

  it('find modules, also under their second name', () => {
    const { net, inner } = build();
    expect(net.getSubmodule('conv1')).to.equal(inner);
    expect(net.getSubmodule('list.1')).to.equal(inner);
    expect(net.getSubmodule('')).to.equal(net);
  });

  it('put Variables in place, which become parameters with the old one’s weight-decay factor', () => {
    const { net, inner } = build();
    (inner.W as Variable).wc = 1;
    for (const [name, shape] of [
      ['conv1.W', [2, 3]],
      ['list.0', [1]],
      ['map.gain', [2]],
      ['scale', [4]],
    ] as const) {
      const size = shape.reduce((product: number, length) => product * length, 1);
      const next = new Variable(new Float32Array(size), { shape });
      expect(net.setVar(name, next)).to.equal(net);
      expect(net.getVar(name), name).to.equal(next);
      expect(next).to.include({ isParameter: true, requiresGrad: true, kept: true, wc: name === 'conv1.W' ? 1 : 0 });
    }
  });

  it('fill places that are still empty', () => {
    const { net, inner } = build();
    net.setVar('conv1.b', new Variable([1, 2, 3]));
    expect((inner.b as Variable).isParameter).to.equal(true);
    net.setAttr('conv1.steps', [7]);
    expect(net.getAttr('conv1.steps')).to.include({ isParameter: false, requiresGrad: false, kept: true });
    expect(keys(net.namedBuffers())).to.include('conv1.steps');
  });

  it('are named by their nearest when misspelt, in a sentence with the whole path', () => {
    const { net } = build();
    expect(() => net.getVar('conv1.w')).to.throw(ModuleError, /Holder "net" has no parameter "conv1.w".*"conv1.W"\?/);
    expect(() => net.getVar('conv1.mean')).to.throw(ModuleError, 'It is a buffer: getAttr() returns it');
    expect(() => net.getAttr('conv1.W')).to.throw(ModuleError, 'It is a parameter: getVar() returns it');
    expect(() => net.getVar('conv1')).to.throw(ModuleError, 'It is a module: getSubmodule() returns it');
    expect(() => net.getAttr('conv1.maen')).to.throw(ModuleError, 'Did you mean "conv1.mean"?');
    expect(() => net.getSubmodule('conv2')).to.throw(ModuleError, 'Did you mean "conv1"?');
    expect(() => net.setVar('cnv1.W', weight(2, 3))).to.throw(ModuleError, 'Did you mean "conv1.W"?');
    expect(() => new Holder().getVar('W')).to.throw(ModuleError, 'Expected no parameter at all, received "W"');
  });

  it('refuse Variables of another shape or number type, and change nothing', () => {
    const { net, inner } = build();
    const before = inner.W;
    expect(() => net.setVar('conv1.W', weight(3, 2))).to.throw(
      'Holder: "W" cannot be replaced by a Variable of another shape. Expected [2, 3], received [3, 2].',
    );
    const whole = new Variable(new Int32Array(6), { shape: [2, 3] });
    expect(() => net.setVar('conv1.W', whole)).to.throw('another number type. Expected float32, received int32.');
    expect(whole.isParameter).to.equal(false);
    expect(inner.W).to.equal(before);
  });

  it('refuse to put a parameter over a buffer, a buffer over a parameter, or either over anything else', () => {
    const { net, inner } = build();
    const next = new Variable([1]);
    for (const put of [
      () => net.setVar('conv1.mean', next),
      () => net.setAttr('conv1.W', next),
      () => net.setVar('conv1', next),
      () => net.setVar('forward', next),
      () => net.setAttr('forward', next),
      () => net.setVar('data', next), // it can only be read
      () => net.setVar('list.W.b', next),
    ]) {
      expect(put).to.throw(ModuleError, /has no (parameter|buffer) "/);
    }
    expect(next).to.include({ isParameter: false, kept: false });
    expect((inner.W as Variable).isParameter).to.equal(true);
  });

  it('refuse the result of an op, which could never get a gradient of its own', () => {
    const { net } = build();
    const computed = weight(4).mul(2);
    expect(() => net.setVar('scale', computed)).to.throw(ModuleError, /"scale" cannot be the result of an op.*detach/);
    net.setVar('scale', computed.detach());
  });
});
