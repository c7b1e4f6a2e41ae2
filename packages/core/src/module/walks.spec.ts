import { backendName, Holder, onBackend } from '@tessera-nn/testing';
import { ModuleError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';

const weight = (size = 1) => parameter(new Float32Array(size));
const buffer = () => new Variable([0]).keep();
const keys = (entries: Iterable<[string, unknown]>) => [...entries].map(([key]) => key);

/** Fields in an order that is not the alphabet's, eleven blocks, and everything shared once. */
function build() {
  const shared = new Holder({ b: weight(), W: weight(), mean: buffer() });
  const tied = weight();
  const net = new Holder({
    scale: weight(),
    mean: buffer(),
    blocks: Array.from({ length: 11 }, (_, i) => (i === 3 ? shared : new Holder({ W: i === 5 ? tied : weight() }))),
    B: tied,
    heads: new Map<string, unknown>([
      ['right', shared],
      ['left', new Holder({ W: weight() })],
    ]),
    plain: { z: { deep: weight() }, a: new Holder() },
  });
  return { net, shared };
}

describe(`Walks over a module [${backendName}]`, () => {
  onBackend();

  it('go in the order of definition, own Variables before children, each object under its first name', () => {
    const { net } = build();
    expect(keys(net.namedParameters())).to.deep.equal([
      'scale',
      'B',
      'plain.z.deep',
      ...[0, 1, 2].map((i) => `blocks.${i}.W`),
      'blocks.3.b',
      'blocks.3.W',
      ...[4, 6, 7, 8, 9, 10].map((i) => `blocks.${i}.W`), // 5 holds B
      'heads.left.W',
    ]);
    expect(keys(net.namedBuffers())).to.deep.equal(['mean', 'blocks.3.mean']);
    const blocks = Array.from({ length: 11 }, (_, i) => `blocks.${i}`);
    expect(keys(net.namedModules())).to.deep.equal(['', ...blocks, 'heads.left', 'plain.a']);
    expect(keys(net.namedChildren())).to.deep.equal([...blocks, 'heads.left', 'plain.a']);
  });

  it('go by name with everything in a module right behind it, as in MegEngine, and by place in arrays', () => {
    const { net } = build();
    const order = 'sorted';
    const blocks = Array.from({ length: 11 }, (_, i) => `blocks.${i}`);
    expect(keys(net.namedModules({ order }))).to.deep.equal(['', ...blocks, 'heads.left', 'plain.a']);
    expect(keys(net.namedTensors({ order }))).to.deep.equal([
      'B', // capitals come first
      ...[0, 1, 2].map((i) => `blocks.${i}.W`),
      'blocks.3.W',
      'blocks.3.b',
      'blocks.3.mean',
      ...[4, 6, 7, 8, 9, 10].map((i) => `blocks.${i}.W`),
      'heads.left.W',
      'mean',
      'plain.z.deep',
      'scale',
    ]);
    expect(keys(net.namedParameters({ order }))).to.not.include('mean');
    expect(keys(net.namedBuffers({ order }))).to.deep.equal(['blocks.3.mean', 'mean']);
    const alias = new Holder();
    expect(keys(new Holder({ i: alias, h: alias }).namedChildren({ order }))).to.deep.equal(['h']);
    expect(keys(new Holder({ i: alias, h: alias }).namedChildren())).to.deep.equal(['i']);
  });

  it('stay in the module itself when not recursive, and go below it when children are', () => {
    const { net } = build();
    const own = { recursive: false };
    expect(keys(net.namedParameters(own))).to.deep.equal(['scale', 'B', 'plain.z.deep']);
    expect(keys(net.namedBuffers(own))).to.deep.equal(['mean']);
    expect(keys(net.namedTensors(own))).to.deep.equal(['scale', 'mean', 'B', 'plain.z.deep']);
    expect(keys(net.namedModules(own))).to.deep.equal(['']);
    const outer = new Holder({ inner: new Holder({ core: new Holder() }) });
    expect(keys(outer.namedChildren())).to.deep.equal(['inner']);
    expect(keys(outer.namedChildren({ recursive: true }))).to.deep.equal(['inner', 'inner.core']);
  });

  it('put a prefix in front of every name', () => {
    const net = new Holder({ W: weight(), mean: buffer(), child: new Holder({ W: weight() }) });
    const prefix = 'net.x';
    expect(keys(net.namedModules({ prefix }))).to.deep.equal(['net.x', 'net.x.child']);
    expect(keys(net.namedChildren({ prefix }))).to.deep.equal(['net.x.child']);
    expect(keys(net.namedChildren({ prefix, recursive: true }))).to.deep.equal(['net.x.child']);
    expect(keys(net.namedParameters({ prefix }))).to.deep.equal(['net.x.W', 'net.x.child.W']);
    expect(keys(net.namedBuffers({ prefix }))).to.deep.equal(['net.x.mean']);
    expect(keys(net.namedTensors({ prefix, recursive: false }))).to.deep.equal(['net.x.W', 'net.x.mean']);
  });

  it('give the same objects with and without names', () => {
    const { net } = build();
    for (const options of [{}, { recursive: false }, { order: 'sorted' }, { recursive: true }] as const) {
      const second = <T>(entries: Iterable<[string, T]>) => [...entries].map(([, object]) => object);
      expect([...net.children(options)]).to.deep.equal(second(net.namedChildren(options)));
      expect([...net.modules(options)]).to.deep.equal(second(net.namedModules(options)));
      expect([...net.parameters(options)]).to.deep.equal(second(net.namedParameters(options)));
      expect([...net.buffers(options)]).to.deep.equal(second(net.namedBuffers(options)));
      expect([...net.tensors(options)]).to.deep.equal(second(net.namedTensors(options)));
    }
  });

  it('end in circles, in both orders', () => {
    const child = new Holder({ W: weight() });
    const net = new Holder({ child, W: weight() });
    child.parent = net;
    for (const order of ['definition', 'sorted'] as const) {
      expect(keys(net.namedModules({ order }))).to.deep.equal(['', 'child']);
      expect(keys(net.namedChildren({ order, recursive: true }))).to.deep.equal(['child']);
      expect(keys(net.namedParameters({ order })).sort()).to.deep.equal(['W', 'child.W']);
    }
    expect([...net.getVarTable().values()]).to.deep.equal([['W'], ['child.W']]);
  });

  it('visit each module once with apply, parents first, and give the module back', () => {
    const { net, shared } = build();
    const visited: unknown[] = [];
    expect(net.apply((module) => visited.push(module))).to.equal(net);
    expect(visited).to.deep.equal([...net.modules()]);
    expect(visited.filter((module) => module === shared)).to.have.length(1);
    expect(visited[0]).to.equal(net);
    // What a visit adds is not visited.
    const seen: unknown[] = [];
    net.apply((module) => {
      seen.push(module);
      (module as Holder).added = new Holder();
    });
    expect(seen).to.deep.equal(visited);
  });

  it('refuse to apply data, as tfjs layers would take it', () => {
    const apply = () => new Holder().apply(new Variable([1]) as never);
    expect(apply).to.throw(ModuleError, 'Expected a function of a module, received object. To run the module on data');
    expect(() => new Holder().apply(null as never)).to.throw(ModuleError, 'received null');
  });

  it('tell every name of a parameter in the table of names, shared ones several', () => {
    const { net, shared } = build();
    const table = net.getVarTable('net');
    expect(table.get(shared.W as Variable)).to.deep.equal(['net.blocks.3.W', 'net.heads.right.W']);
    expect(table.get(net.B as Variable)).to.deep.equal(['net.B', 'net.blocks.5.W']);
    expect(new Set(table.keys())).to.deep.equal(new Set(net.parameters()));
    expect(table.has(net.mean as Variable)).to.equal(false);
    const leaf = new Holder({ W: weight() }, { name: 'lin' });
    expect([...leaf.getVarTable('lin').values()]).to.deep.equal([['lin.W']]);
  });

  it('take no time over modules that hold one another twice, and refuse to list all their names', () => {
    let net = new Holder({ W: weight() });
    for (let level = 0; level < 40; level++) net = new Holder({ a: net, b: net });
    expect([...net.modules()]).to.have.length(41);
    expect(net.replaceParam({ 0: new Variable([1]) })).to.equal(1);
    expect(Object.keys(net.stateDict())).to.have.length(1);
    expect(() => net.getVarTable('net')).to.throw(ModuleError, 'more than 100000 places');
  });
});
