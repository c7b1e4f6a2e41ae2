// Networks that PuzzleLib saved, and what it reads: both ways, with names of any kind.
import { Graph, Sequential } from '@tessera-nn/containers';
import {
  DataError,
  Module,
  ModuleError,
  Node,
  parameter,
  seed,
  Variable,
  type AnyModule,
  type Data,
} from '@tessera-nn/core';
import { Activation, Add, BatchNorm2D, Conv2D, Linear, PRelu, PReLU } from '@tessera-nn/modules';
import { backendName, expectClose, expectNoMore, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { loadHdf5 } from './load-hdf5.js';
import { puzzleLibBytes, puzzleLibFiles } from './puzzlelib.golden.js';
import { openHdf5 } from './read-hdf5.js';
import { rebuildHdf5, type RebuildHdf5Options } from './rebuild-hdf5.js';
import { saveHdf5 } from './save-hdf5.js';
import { writeHdf5 } from './write-hdf5.js';

type FileName = keyof typeof puzzleLibFiles;

async function expectOutput(net: AnyModule, name: FileName): Promise<void> {
  const { inputs, output } = puzzleLibFiles[name];
  const given = inputs.map(({ shape, values }) => new Variable([...values], { shape }));
  const result = net.eval().forward((given.length === 1 ? given[0] : given) as Data) as Variable;
  expectClose(await result.values(), output, name);
}

const rebuilt = async (name: FileName, options: RebuildHdf5Options = {}) => {
  const net = await rebuildHdf5<AnyModule>(await puzzleLibBytes(name), options);
  await expectOutput(net, name);
  return net;
};

const refusal = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.fail('it was not refused'),
    (error: Error) => error,
  );

/** What PuzzleLib would read: the scheme of each module, by the path of its names. */
async function schemesIn(bytes: Uint8Array): Promise<Record<string, unknown>> {
  interface Written {
    classname: string;
    scheme: object;
    modules?: Record<string, Written>;
  }
  const schemes: Record<string, unknown> = {};
  const visit = ({ classname, scheme, modules = {} }: Written, path: string) => {
    schemes[path] = { classname, ...scheme };
    for (const [key, inner] of Object.entries(modules)) visit(inner, path ? `${path}.${key}` : key);
  };
  visit(JSON.parse(await openHdf5(bytes, 'f').dataset('blueprint')!.text()) as Written, '');
  return schemes;
}

/** Its constructor does not take the options that its blueprint has. */
class Stubborn extends Module {
  static override readonly className = 'Stubborn';
  readonly w: Variable;
  constructor(size: number) {
    super({}, { size });
    this.w = parameter(new Float32Array(size));
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x.mul(this.w);
  }
}

describe(`Files of PuzzleLib [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(5));

  for (const name of ['cnn', 'prelu', 'graphSlots', 'lists'] as const) {
    it(`are rebuilt and give what PuzzleLib gave: ${name}`, async () => void (await rebuilt(name)));
  }

  it('have names in any script', async () => {
    const net = await rebuilt('nameUnicode');
    expect([net.name, ...net.namedModules()].join(' '))
      .to.include('сеть')
      .and.include('слой 1');
  });

  it('have names in any script, and so many containers that their names lie in a heap', async () => {
    const net = (await rebuilt('manyContainers')) as Sequential;
    expect(net.length).to.equal(50);
    expect(net.hasAttr('mean')).to.equal(false);
  });

  it('have names with slashes, and with dots, which become underscores here', async () => {
    expect([...(await rebuilt('nameSlash')).namedParameters()].map(([name]) => name)).to.have.members([
      'a/b.W',
      'a/b.b',
    ]);
    const dotted = await rebuilt('nameDot');
    expect([...dotted.namedParameters()].map(([name]) => name)).to.have.members(['a_b.W', 'a_b.b']);
    const again = await rebuildHdf5(await saveHdf5(dotted, undefined, { withBlueprint: true }));
    await expectOutput(again, 'nameDot');
  });

  it('share again what shared one parameter', async () => {
    await rebuilt('sharedW');
    const before = held();
    const net = await rebuildHdf5(await puzzleLibBytes('sharedW'));
    expect(net.getVar('b.W')).to.equal(net.getVar('a.W'));
    expect(net.getVar('b.b')).to.not.equal(net.getVar('a.b'));
    expect(held().storages - before.storages).to.equal(5);
  });

  it('bring buffers of containers along, also into a network made in code', async () => {
    const net = await rebuilt('containerAttr');
    const made = new Sequential('at').extend([new Linear(3, 2), new Sequential([new Linear(2, 2)], 'sub')]);
    const { extra } = await loadHdf5(made, await puzzleLibBytes('containerAttr'));
    expect(extra).to.deep.equal([]);
    for (const with_ of [net, made]) {
      expect(with_.getAttr('timestamp').dtype).to.equal('int32');
      expect([...(await with_.getAttr('timestamp').values())]).to.have.length(3);
      expect(await with_.getAttr('sub.note').values()).to.deep.equal(Float32Array.of(0.5));
    }
  });

  it('may have nodes with names of their own, and ask which is which where that is open', async () => {
    const net = (await rebuilt('nodeRenamed')) as Graph;
    expect([...net.nodes.keys()]).to.deep.equal(['renamed', 'r']);
    const before = held();
    const error = await refusal(rebuilt('nodesRenamed'));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message)
      .to.include('does not say which modules the nodes "first", "second" run')
      .and.include('nodes: {');
    expectNoMore(before);
    await rebuilt('nodesRenamed', { nodes: { first: 'a', second: 'b' } });
    await rebuilt('nodesRenamed', { nodes: { first: 'a' } });
  });

  it('of a network that was renamed are rebuilt under its last name, with numbers, flags and no texts', async () => {
    const net = await rebuilt('netRenamed');
    expect(net.name).to.equal('new');
    expect(await net.getAttr('stamp').values()).to.deep.equal(Float32Array.of(1.5));
    expect(await net.getAttr('flag').values()).to.deep.equal(Uint8Array.of(1, 0));
    expect(net.hasAttr('when')).to.equal(false);
  });
});

describe(`What is written for PuzzleLib [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(5));

  const roundTrip = async (net: AnyModule) => {
    const bytes = await saveHdf5(net, undefined, { withBlueprint: true });
    const copy = await rebuildHdf5<AnyModule>(bytes);
    expect(copy.getBlueprint()).to.deep.equal(net.getBlueprint());
    const values = async (of: AnyModule) =>
      Promise.all([...of.namedTensors()].map(async ([name, variable]) => [name, await variable.values()]));
    expect(await values(copy)).to.deep.equal(await values(net));
    return bytes;
  };

  it('has names of any kind, which come back', async () => {
    const net = new Sequential('сеть/1').extend([
      new Conv2D({ inmaps: 1, outmaps: 2, size: 1, name: 'слой 1' }),
      new BatchNorm2D({ maps: 2, name: 'a//b/' }),
      new Sequential([new Linear({ insize: 2, outsize: 1, name: '//x' })], '日本語/🙂'),
    ]);
    net.setAttr('stamp', new Variable(new Int32Array([1, 2])));
    net.at(1).setAttr('note', new Variable([0.5]));
    await roundTrip(net);
  });

  it('has no argument that PuzzleLib does not know, where it says nothing', async () => {
    const net = new Sequential('net').extend([new PRelu({ maps: 3, init: 0.4 }), new PReLU(3), new PReLU({})]);
    const bytes = await roundTrip(net);
    expect(await schemesIn(bytes)).to.deep.equal({
      '': { classname: 'Sequential', name: 'net' },
      0: { classname: 'PRelu', maps: 3, inplace: false, sharedMaps: false, name: null },
      1: { classname: 'PRelu', maps: 3, inplace: false, sharedMaps: false, name: null },
      2: { classname: 'PRelu', maps: 1, inplace: false, sharedMaps: true, name: null },
    });
    expect(openHdf5(bytes, 'f').group('links')!.names()).to.have.members([
      'net.0.slopes',
      'net.1.slopes',
      'net.2.slopes',
    ]);
  });

  it('keeps the argument where it does, so that PuzzleLib refuses it and builds nothing else', async () => {
    const schemes = await schemesIn(await roundTrip(new PRelu({ shape: [3, 4], sharedAxes: [2] })));
    expect(schemes['']).to.include.keys('shape', 'sharedAxes');
  });

  it('calls every module of a graph by its name there, and others where they have another than their place', async () => {
    const a = new Linear(3, 3).node();
    const graph = new Graph({
      inputs: a,
      outputs: new Add().node(new Activation('relu').node(a), new Linear(3, 3).node(a)),
    });
    const inGraph = await schemesIn(await roundTrip(graph));
    for (const key of ['0', '1', '2', '3']) expect(inGraph[key]).to.include({ name: key });
    const list = new Sequential({
      first: new Linear(2, 2),
      second: new Linear({ insize: 2, outsize: 2, name: 'own' }),
    });
    list.append(new Linear(2, 2));
    const inList = await schemesIn(await roundTrip(list));
    for (const [key, name] of Object.entries({ first: 'first', second: 'second', 2: null }))
      expect(inList[key]).to.include({ name });
    expect(
      (await rebuildHdf5<Sequential>(await saveHdf5(list, undefined, { withBlueprint: true }))).at(1).name,
    ).to.equal('own');
  });

  it('has the name that a network has now, or was given for the file', async () => {
    const net = new Sequential('old').extend([new Linear(1, 1)]);
    net.name = 'new';
    expect((await schemesIn(await roundTrip(net)))['']).to.include({ name: 'new' });
    const bytes = await saveHdf5(net, undefined, { withBlueprint: true, name: 'third' });
    expect((await schemesIn(bytes))['']).to.include({ name: 'third' });
    expect((await rebuildHdf5(bytes)).name).to.equal('third');
  });

  const linear = (name: string) => new Linear({ insize: 1, outsize: 1, name });
  for (const [title, names, says] of [
    ['the character 0', ['a\0b'], 'without the character 0'],
    ['half a character', ['\ud800'], 'a name in Unicode'],
    ['more characters than are read back', ['x'.repeat(2 ** 16)], 'not very long'],
    ['nothing else than HDF5 takes another one for', ['a/b', 'a//b'], 'a name that no other module has'],
  ] as const) {
    it(`refuses a name with ${title}`, async () => {
      const error = await refusal(saveHdf5(new Sequential(names.map(linear), 'n')));
      expect(error).to.be.instanceOf(ModuleError);
      expect(error.message).to.include('cannot be written to HDF5').and.include(says);
    });
  }

  it('is refused of a class that could not be built again', async () => {
    const error = await refusal(saveHdf5(new Stubborn(3), undefined, { withBlueprint: true }));
    expect(error.message).to.include('cannot be built again from its own options');
    await saveHdf5(new Stubborn(3));
  });

  it('reads no more buffers of containers than it may', async () => {
    const zeros = { dtype: 'float32', shape: [2 ** 24 + 1], values: new Float32Array(2 ** 24 + 1) } as const;
    const bytes = await writeHdf5({ tensors: new Map([['attrs.n/n.big', zeros]]), groups: ['links'] }, 'gzip');
    const net = new Sequential('n');
    expect((await refusal(loadHdf5(net, bytes))).message).to.include(
      'more buffers that the network has not than are read',
    );
    expect(net.hasAttr('big')).to.equal(false);
  });

  it('takes nothing for a buffer that a container has as something else', async () => {
    const one = { dtype: 'float32', shape: [1], values: Float32Array.of(1) } as const;
    const keys = ['__proto__', 'forward', 'name', '0.W', ''];
    const tensors = new Map<string, StoredTensor>(keys.map((key) => [`attrs.n/n.${key}`, one]));
    const net = new Sequential('n').extend([new Linear({ insize: 1, outsize: 1, useBias: false })]);
    const ours = openHdf5(await saveHdf5(net), 'f');
    for (const path of ours.leaves()) tensors.set(path, await ours.dataset(path)!.tensor());
    const { extra } = await loadHdf5(net, await writeHdf5({ tensors, groups: ['attrs.n'] }, null));
    expect(extra).to.have.length(5);
    expect(net.name).to.equal('n');
  });

  it('says that a node runs another module, as before, where only our form can', async () => {
    const shared = new Linear(2, 2);
    const first = shared.node();
    await roundTrip(new Graph({ inputs: first, outputs: new Node(shared, [first], 'again') }));
  });
});
