import { Graph, Parallel, Sequential } from '@tessera-nn/containers';
import { DataError, ModuleError, Node, seed, TesseraError, Variable, type AnyModule } from '@tessera-nn/core';
import { variablesIn } from '@tessera-nn/core/internal';
import { Activation, Add, BatchNorm2D, Concat, Conv2D, Flatten, Identity, Linear, Split } from '@tessera-nn/modules';
import { backendName, expectNoMore, held, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { load } from '../checkpoint/load.js';
import { save } from '../checkpoint/save.js';
import { everyName } from '../network/names.js';
import { loadHdf5 } from './load-hdf5.js';
import { rebuildHdf5 } from './rebuild-hdf5.js';
import { openHdf5 } from './read-hdf5.js';
import { saveHdf5 } from './save-hdf5.js';
import { writeHdf5 } from './write-hdf5.js';

const random = (shape: readonly number[], of: number) => new Variable(randomNd(shape, of).data, { shape });
const linear = (insize: number, outsize: number, name?: string) => new Linear({ insize, outsize, name });

/** Whatever PuzzleLib's form cannot say: two nodes of one module, names of nodes alone, bare slots, lists of one. */
function oddGraph() {
  const stem = new Conv2D({ inmaps: 1, outmaps: 4, size: 3, name: 'stem' }).node();
  const flat = new Flatten().node(new BatchNorm2D(4).node(stem));
  const shared = linear(64, 6, 'shared');
  const [a, b] = [shared.node(flat), new Node(shared, [flat], 'again')];
  const pieces = new Split(1, [2, 2, 2]).node(new Add().node(a, b, a));
  const branches = new Parallel([linear(2, 3, 'left'), new Sequential([linear(2, 1)])], 'branches');
  return new Graph({
    name: 'net',
    inputs: [stem],
    outputs: [
      new Concat(1).node([pieces, [2, 0]], b),
      branches.node([pieces, [1, 0]]),
      new Identity().node([pieces, 1]),
    ],
  });
}

/** PuzzleLib's own example: two inputs, slots, every node called as its module. */
function plainGraph() {
  const v1 = linear(10, 5, 'v1').node();
  const h1 = new Split({ axis: 1, sections: [2, 2, 1], name: 'h1' }).node(v1);
  const v2 = linear(10, 5, 'v2').node();
  const h2 = new Concat({ axis: 1, name: 'h2' }).node([h1, [1, 2]], v2);
  const h3 = new Activation({ activation: 'relu', name: 'h3' }).node(h2);
  const h4 = new Concat({ axis: 1, name: 'h4' }).node([h1, [0]], h3);
  return new Graph({ inputs: [v1, v2], outputs: h4, name: 'mlp' });
}

/** What PuzzleLib writes for it, by its rules. */
const plainText = JSON.stringify({
  classname: 'Graph',
  graph: {
    h1: [['v1', null]],
    h2: [
      ['h1', [1, 2]],
      ['v2', null],
    ],
    h3: [['h2', null]],
    h4: [
      ['h1', [0]],
      ['h3', null],
    ],
    v1: [],
    v2: [],
  },
  inputs: ['v1', 'v2'],
  modules: {
    h1: { classname: 'Split', scheme: { axis: 1, name: 'h1', sections: [2, 2, 1] } },
    h2: { classname: 'Concat', scheme: { axis: 1, name: 'h2' } },
    h3: { classname: 'Activation', scheme: { activation: 'relu', name: 'h3' } },
    h4: { classname: 'Concat', scheme: { axis: 1, name: 'h4' } },
    v1: { classname: 'Linear', scheme: { insize: 10, name: 'v1', outsize: 5 } },
    v2: { classname: 'Linear', scheme: { insize: 10, name: 'v2', outsize: 5 } },
  },
  outputs: ['h4'],
  scheme: { name: 'mlp' },
});

async function valuesOf(net: AnyModule): Promise<Record<string, unknown>> {
  const entries = [...everyName(net)].map(async ([name, variable]) => [name, await variable.values()]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, unknown>;
}

/** The blueprint in a file, as it stands there. */
async function writtenIn(bytes: Uint8Array): Promise<Record<string, unknown>> {
  return JSON.parse(await openHdf5(bytes, 'f').dataset('blueprint')!.text()) as Record<string, unknown>;
}

/** The file of a network with another blueprint. */
async function withBlueprint(net: AnyModule, text: string): Promise<Uint8Array> {
  const file = openHdf5(await saveHdf5(net), 'f');
  const read = async (path: string) => [path, await file.dataset(path)!.tensor()] as const;
  const tensors = new Map(await Promise.all(file.leaves().map(read)));
  return writeHdf5({ tensors, texts: new Map([['blueprint', text]]), groups: file.names() }, 'gzip');
}

describe(`Graphs and lists in HDF5 [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(5));

  const ways: [string, (net: AnyModule) => Promise<Graph>][] = [
    ['HDF5', async (net) => rebuildHdf5<Graph>(await saveHdf5(net, undefined, { withBlueprint: true }))],
    ['checkpoints', async (net) => load<Graph>(await save(net))],
  ];
  for (const [title, through] of ways) {
    it(`comes back whole through ${title}, with nodes, slots, shared modules and numbers`, async () => {
      const net = oddGraph();
      const copy = await through(net);
      expect(copy).to.be.instanceOf(Graph);
      expect(copy.getBlueprint()).to.deep.equal(net.getBlueprint());
      expect([...copy.nodes.keys()]).to.deep.equal([...net.nodes.keys()]);
      expect(copy.getNodeByName('again')!.module).to.equal(copy.getNodeByName('shared')!.module);
      expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
      const x = random([2, 1, 6, 6], 1);
      const [outputs, again] = await Promise.all(
        [net, copy].map((one) => Promise.all(variablesIn(one.forward([x] as never)).map((y) => y.values()))),
      );
      expect(outputs).to.have.length(4);
      expect(again).to.deep.equal(outputs);
      const inside = new Sequential([net, net], 'outer');
      const outer = (await through(inside)) as unknown as Sequential;
      expect(outer.at<AnyModule>(1)).to.equal(outer.at<AnyModule>(0));
      expect(outer.getBlueprint()).to.deep.equal(inside.getBlueprint());
    });
  }

  it("has PuzzleLib's form, and nothing beside it where that says all", async () => {
    const written = await writtenIn(await saveHdf5(plainGraph(), undefined, { withBlueprint: true }));
    const expected = JSON.parse(plainText) as Record<string, Record<string, unknown>>;
    expect(Object.keys(written)).to.deep.equal(Object.keys(expected));
    for (const key of ['graph', 'inputs', 'outputs', 'scheme']) expect(written[key]).to.deep.equal(expected[key]);
    expect(Object.keys(written.modules as object)).to.deep.equal(Object.keys(expected.modules!));
  });

  it("has PuzzleLib's form as far as that goes, where it says less", async () => {
    const written = await writtenIn(await saveHdf5(oddGraph(), undefined, { withBlueprint: true }));
    expect(written).to.deep.include({ inputs: ['stem'], outputs: ['6', 'branches', '8'], scheme: { name: 'net' } });
    expect(written['graph']).to.deep.include({
      again: [['2', null]],
      5: [['4', null]],
      6: [
        ['5', [2, 0]],
        ['again', null],
      ],
      8: [['5', [1]]],
    });
    expect(written).to.have.property('wiring');
  });

  it('keeps one input apart from a list of one', async () => {
    for (const asList of [false, true]) {
      const node = linear(3, 3, 'fc').node();
      const net = new Graph({ inputs: asList ? [node] : node, outputs: asList ? node : [node] });
      const [, through] = ways[0]!;
      const copy = await through(net);
      expect(Array.isArray(copy.inputs)).to.equal(asList);
      expect(Array.isArray(copy.outputs)).to.equal(!asList);
    }
  });

  it("is rebuilt from PuzzleLib's own form", async () => {
    const net = plainGraph();
    const copy = await rebuildHdf5<typeof net>(await withBlueprint(net, plainText));
    expect(copy.getBlueprint().options).to.deep.equal(net.getBlueprint().options);
    expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
    const [x, y] = [random([3, 10], 1), random([3, 10], 2)];
    const [output, again] = [net, copy].map((one) => one.forward([x, y]));
    expect(again!.shape).to.deep.equal([3, 10]);
    expect(await again!.values()).to.deep.equal(await output!.values());
  });

  it('stores a module of two nodes once, under the one name that PuzzleLib has for it', async () => {
    const bytes = await saveHdf5(oddGraph());
    const names = openHdf5(bytes, 'f').group('links')!.names();
    expect(names.filter((name) => /shared|again/.test(name))).to.have.members(['net.shared.W', 'net.shared.b']);
    const copy = oddGraph();
    expect((await loadHdf5(copy, bytes)).extra).to.deep.equal([]);
  });

  it('writes Parallel as it writes Sequential', async () => {
    const net = new Parallel([linear(2, 1), new Sequential([linear(2, 3, 'a')]), linear(4, 1)], 'branches');
    const bytes = await saveHdf5(net, undefined, { withBlueprint: true });
    expect(await writtenIn(bytes)).to.deep.include({
      classname: 'Parallel',
      graph: ['0', '1', '2'],
      scheme: { name: 'branches' },
    });
    const copy = await rebuildHdf5<Parallel>(bytes);
    expect(copy).to.be.instanceOf(Parallel);
    expect(copy.getBlueprint()).to.deep.equal(net.getBlueprint());
    expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
    expect(openHdf5(bytes, 'f').group('links')!.names()).to.include.members(['branches.0.W', 'branches.1.a.b']);
  });

  type Parts = { graph: Record<string, unknown>; modules: Record<string, unknown> } & Record<string, unknown>;
  const damages: [string, (written: Parts) => void, typeof DataError | typeof ModuleError, string][] = [
    ['no nodes', (written) => delete (written as Partial<Parts>).graph, DataError, 'nodes cannot be read'],
    ['nodes that are a text', (written) => (written['graph'] = 'v1' as never), DataError, 'nodes cannot be read'],
    ['the form of a Sequential', (written) => (written['graph'] = ['v1'] as never), DataError, 'nodes cannot be read'],
    ['a parent without slots', (written) => (written.graph['h1'] = ['v1']), DataError, 'nodes cannot be read'],
    ['parents that are none', (written) => (written.graph['h1'] = 3), DataError, 'nodes cannot be read'],
    ['no inputs', (written) => (written['inputs'] = []), DataError, 'inputs cannot be read'],
    ['outputs of another kind', (written) => (written['outputs'] = { h4: 1 }), DataError, 'outputs cannot be read'],
    ['a parent there is none of', (written) => (written.graph['h1'] = [['v3', null]]), ModuleError, 'node "v3"'],
    ['a node without a module', (written) => delete written.modules['h3'], ModuleError, 'module "h3"'],
    ['a module without a node', (written) => delete written.graph['v2'], ModuleError, 'node "v2"'],
    ['an output there is none of', (written) => (written['outputs'] = ['h5']), ModuleError, 'node "h5"'],
    ['slots that are texts', (written) => (written.graph['h1'] = [['v1', ['a']]]), ModuleError, 'slots'],
    ['slots below 0', (written) => (written.graph['h1'] = [['v1', [-1]]]), ModuleError, 'slots'],
    ['a circle', (written) => (written.graph['h2'] = [['h3', null]]), ModuleError, 'in a circle'],
    ['a node that reads itself', (written) => (written.graph['h1'] = [['h1', null]]), ModuleError, 'in a circle'],
    ['an input with parents', (written) => (written.graph['v2'] = [['v1', null]]), ModuleError, 'has parents'],
    ['wiring of another kind', (written) => (written['wiring'] = 7), DataError, 'cannot be built'],
    ['wiring without nodes', (written) => (written['wiring'] = { inputs: 'v1' }), DataError, 'cannot be built'],
    ['graph as Sequential', (written) => (written['classname'] = 'Sequential'), DataError, 'wired as a Graph'],
  ];
  for (const [title, damage, type, says] of damages) {
    it(`refuses ${title}`, async () => {
      const net = plainGraph();
      const written = JSON.parse(plainText) as Parts;
      damage(written);
      const bytes = await withBlueprint(net, JSON.stringify(written));
      const before = held();
      const error: unknown = await rebuildHdf5(bytes).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(type).and.instanceOf(TesseraError);
      expect((error as Error).message).to.include(says);
      expectNoMore(before);
    });
  }
});
