import { backendName, expectNoMore, held, onBackend } from '@tessera-nn/testing';
import { Sequential } from '@tessera-nn/containers';
import { DataError, ModuleError, seed, Variable, type Module } from '@tessera-nn/core';
import { Activation, BatchNorm2D, Conv2D, Dropout, Flatten, Linear, MaxPool2D, PRelu } from '@tessera-nn/modules';
import { expect } from 'chai';
import { everyName } from '../network/names.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { h5pyFiles } from './hdf5.golden.js';
import { loadHdf5 } from './load-hdf5.js';
import { rebuildHdf5 } from './rebuild-hdf5.js';
import { openHdf5 } from './read-hdf5.js';
import { saveHdf5 } from './save-hdf5.js';
import { writeHdf5 } from './write-hdf5.js';

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

const make = (name?: string) =>
  new Sequential(name === undefined ? {} : { name }).extend([
    new Conv2D({ inmaps: 1, outmaps: 4, size: 3, name: 'conv' }),
    new BatchNorm2D(4),
    new PRelu(4),
    new Sequential([new MaxPool2D(2), new Activation('relu'), new Dropout(0.1), new Flatten()], 'middle'),
    new Linear({ insize: 36, outsize: 5, name: 'head' }),
  ]);

async function valuesOf(net: Module): Promise<Record<string, unknown>> {
  const entries = [...everyName(net)].map(async ([name, variable]) => [name, await variable.values()]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, unknown>;
}

async function refused(
  work: Promise<unknown>,
  type: typeof DataError | typeof ModuleError,
  says: string,
): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(type);
  expect((error as Error).message).to.include(says);
}

/** The shapes of everything in a file, as `group/name`. */
function layoutOf(bytes: Uint8Array): Record<string, readonly number[]> {
  const file = openHdf5(bytes, 'file');
  const groups = file.names().filter((name) => name !== 'blueprint');
  return Object.fromEntries(
    groups.flatMap((group): [string, readonly number[]][] => {
      const names = file.group(group)!.names();
      if (names.length === 0) return [[`${group}/`, []]];
      return names.map((name) => [`${group}/${name}`, file.group(group)!.dataset(name)!.shape]);
    }),
  );
}

describe(`HDF5 in PuzzleLib's layout [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(5));

  it('has the groups, names and shapes of PuzzleLib', async () => {
    expect(layoutOf(await saveHdf5(make('net')))).to.deep.equal({
      'params/0': [4, 1, 3, 3],
      'params/1': [1, 4, 1, 1],
      'params/2': [1, 4, 1, 1],
      'params/3': [1, 4, 1, 1],
      'params/4': [4],
      'params/5': [36, 5],
      'params/6': [5],
      'links/net.conv.W': [],
      'links/net.conv.b': [],
      'links/net.1.scale': [],
      'links/net.1.bias': [],
      'links/net.2.slopes': [],
      'links/net.head.W': [],
      'links/net.head.b': [],
      'attrs/net.1.mean': [1, 4, 1, 1],
      'attrs/net.1.var': [1, 4, 1, 1],
      'attrs/net.1.numOfProps': [1],
      'attrs.net/': [],
      'attrs.net.middle/': [],
    });
  });

  it('puts a dot in front of the names of an unnamed network, and none into those of an unnamed leaf', async () => {
    const names = Object.keys(
      layoutOf(await saveHdf5(new Sequential([new Linear({ insize: 2, outsize: 2, useBias: false })]))),
    );
    expect(names).to.have.members(['params/0', 'links/.0.W', 'attrs./']);
    const leaf = Object.keys(layoutOf(await saveHdf5(new PRelu({ maps: 2, name: 'act' }))));
    expect(leaf).to.have.members(['params/0', 'links/act.slopes']);
  });

  for (const compress of ['gzip', null] as const) {
    it(`comes back to the bit, ${compress ?? 'not'} packed`, async () => {
      const net = make('net');
      net.getAttr('1.mean').set(new Variable([1, -2, 3, -4]));
      net.getAttr('1.numOfProps').set(new Variable(new Int32Array([3])));
      const copy = make('net');
      const { loaded, extra } = await loadHdf5(copy, await saveHdf5(net, undefined, { compress }));
      expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
      expect(loaded).to.have.length(10);
      expect(extra).to.deep.equal([]);
    });
  }

  it('is the same file today and tomorrow', async () => {
    const net = make('net');
    const today = await saveHdf5(net);
    const { now } = Date;
    try {
      Date.now = () => now() + 86_400_000;
      expect(await saveHdf5(net)).to.deep.equal(today);
    } finally {
      Date.now = now;
    }
  });

  it('is rebuilt from its blueprint', async () => {
    const net = make('net');
    const bytes = await saveHdf5(net, undefined, { withBlueprint: true });
    const copy = await rebuildHdf5(bytes);
    expect(String(copy)).to.equal(String(net));
    expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
    await refused(rebuildHdf5(await saveHdf5(net)), ModuleError, 'holds no blueprint');
    expect(JSON.parse(await openHdf5(bytes, 'f').dataset('blueprint')!.text())).to.deep.include({
      classname: 'Sequential',
      graph: ['conv', '1', '2', 'middle', 'head'],
      scheme: { name: 'net' },
    });
  });

  it('stores a shared Variable once and loads it under its first name', async () => {
    const shared = new Linear(3, 3);
    const net = new Sequential([shared, shared], 'net');
    const bytes = await saveHdf5(net);
    expect(Object.keys(layoutOf(bytes)).filter((name) => name.startsWith('params'))).to.have.length(2);
    const apart = new Sequential([new Linear(3, 3), new Linear(3, 3)], 'net');
    await loadHdf5(apart, bytes);
    expect(await apart.getVar('1.W').values()).to.deep.equal(await shared.W.values());
  });

  it('shares again what was shared when it is rebuilt, and holds it in full for PuzzleLib', async () => {
    const shared = new PRelu(3);
    const net = new Sequential([shared, new Sequential([shared], 'inner')], 'net');
    const bytes = await saveHdf5(net, undefined, { withBlueprint: true });
    const copy = await rebuildHdf5(bytes);
    expect(copy.getVar('inner.0.slopes')).to.equal(copy.getVar('0.slopes'));
    type Node = { scheme: { maps: number }; modules: Record<string, Node> };
    const text = await openHdf5(bytes, 'f').dataset('blueprint')!.text();
    expect((JSON.parse(text) as Node).modules['inner']!.modules['0']!.scheme.maps).to.equal(3);
  });

  it('finds modules whatever holds them, where their names are unique', async () => {
    const inner = () => new Linear({ insize: 2, outsize: 2, name: 'lin' });
    const nested = new Sequential([new Sequential([inner()], 'a')], 'net');
    const bytes = await saveHdf5(nested, undefined, { assumeUniqueNames: true });
    expect(Object.keys(layoutOf(bytes))).to.include.members(['links/net.lin.W', 'attrs.net.a/']);
    const flat = new Sequential([inner()], 'net');
    await loadHdf5(flat, bytes, { assumeUniqueNames: true });
    expect(await flat.getVar('lin.W').values()).to.deep.equal(await nested.getVar('a.lin.W').values());
    const twice = new Sequential([new Sequential([inner()], 'a'), new Sequential([inner()], 'b')], 'net');
    await refused(saveHdf5(twice, undefined, { assumeUniqueNames: true }), ModuleError, 'cannot be written to HDF5');
  });

  it('takes the name the network had, and says so where it has another', async () => {
    const net = make('old');
    const bytes = await saveHdf5(net);
    const copy = make('new');
    await refused(loadHdf5(copy, bytes), ModuleError, 'The file holds "old.conv.W"');
    await loadHdf5(copy, bytes, { name: 'old' });
    expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
  });

  it('lets loaders change what does not fit, and says what the network has not', async () => {
    const bytes = await saveHdf5(make('net'));
    const wide = new Sequential([new Conv2D({ inmaps: 1, outmaps: 2, size: 3, name: 'conv' })], 'net');
    const seen: string[] = [];
    const half = (name: string, { dtype, shape, values }: StoredTensor): StoredTensor => {
      seen.push(name);
      const axis = shape.indexOf(4);
      const kept = (values as Float32Array).slice(0, values.length / 2);
      return { dtype, shape: shape.map((size, i) => (i === axis ? 2 : size)), values: kept };
    };
    const { extra } = await loadHdf5(wide, bytes, { varLoader: half });
    expect(seen).to.deep.equal(['net.conv.W', 'net.conv.b']);
    expect(extra).to.include.members(['links/net.head.W', 'attrs/net.1.mean']);
    expect((await wide.getVar('conv.W').values()).length).to.equal(18);
  });

  describe('written by h5py', () => {
    it('is read: packed, shuffled, in pieces, big-endian, half precision, fixed text', async () => {
      const file = openHdf5(bytesOf(h5pyFiles.kinds), 'kinds.h5');
      const numbers = Float32Array.from({ length: 60 }, (_, i) => i / 4 - 5);
      const of = async (name: string) => file.dataset(name)!.tensor();
      expect(await of('plain')).to.deep.equal({ dtype: 'float32', shape: [5, 12], values: numbers });
      expect(await of('pieces')).to.deep.equal({ dtype: 'float32', shape: [5, 12], values: numbers });
      expect(await of('big')).to.deep.equal({ dtype: 'float64', shape: [2], values: Float64Array.of(-1.5, 1e300) });
      expect(await of('half')).to.deep.equal({ dtype: 'float16', shape: [1], values: Float32Array.of(0.5) });
      expect(await of('index')).to.deep.equal({ dtype: 'int64', shape: [], values: BigInt64Array.of(-3n) });
      expect(await of('empty')).to.deep.equal({ dtype: 'int8', shape: [0, 2], values: new Int8Array() });
      expect(await file.dataset('fixed')!.text()).to.equal('fixed');
      expect(await file.dataset('words')!.text()).to.equal('ünïcode');
    });

    it('is read where its values lie in the header of the object', async () => {
      const file = openHdf5(bytesOf(h5pyFiles.compact), 'compact.h5');
      const values = Float32Array.of(1, -2, 0.5);
      expect(await file.dataset('x')!.tensor()).to.deep.equal({ dtype: 'float32', shape: [3], values });
    });

    it('is refused where its values went through a filter that is not known', () => {
      const file = openHdf5(bytesOf(h5pyFiles.lzf), 'lzf.h5');
      expect(() => file.dataset('a')).to.throw(DataError, 'filter 32000; known are gzip (1) and shuffle (2)');
    });

    it('is refused where newer libraries alone can read it', () => {
      expect(() => openHdf5(bytesOf(h5pyFiles.latest), 'new.h5')).to.throw(DataError, "libver='earliest'");
    });

    it("is loaded where it has PuzzleLib's layout, and BatchNorm2D goes on as if it had seen many batches", async () => {
      const net = make('net');
      const { loaded, extra } = await loadHdf5(net, bytesOf(h5pyFiles.puzzleLib));
      expect(loaded).to.have.length(9);
      expect(extra).to.deep.equal([]);
      expect(await net.getVar('conv.b').values()).to.deep.equal(Float32Array.of(0, 1, 2, 3));
      expect(await net.getVar('head.b').values()).to.deep.equal(Float32Array.of(0, 1, 2, 3, 4));
      expect(await net.getAttr('1.var').values()).to.deep.equal(Float32Array.of(0, 1, 2, 3));
      expect(await net.getAttr('1.numOfProps').values()).to.deep.equal(Int32Array.of(10));
    });
  });

  const put = (values: Record<string, StoredTensor>, links: Record<string, bigint>) => {
    const params = Object.entries(values).map(([name, tensor]) => [`params/${name}`, tensor] as const);
    const indices = Object.entries(links).map(([name, index]) => {
      return [`links/${name}`, { dtype: 'int64', shape: [], values: BigInt64Array.of(index) }] as const;
    });
    const tensors = new Map<string, StoredTensor>([...params, ...indices]);
    return writeHdf5({ tensors, groups: ['params', 'links'] }, 'gzip');
  };
  const leaf = () => new PRelu({ maps: 3, name: 'act' });
  const float = (shape: number[], values: number[]): StoredTensor => ({
    dtype: 'float32',
    shape,
    values: Float32Array.from(values),
  });
  const refusals: [string, Record<string, StoredTensor>, Record<string, bigint>, string][] = [
    ['a missing parameter', {}, {}, '"act.slopes" [3] is missing'],
    ['a link to nothing', {}, { 'act.slopes': 7n }, 'is missing'],
    ['another shape', { 0: float([4], [1, 2, 3, 4]) }, { 'act.slopes': 0n }, 'is [4] in the file'],
    ['what would be broadcast', { 0: float([1], [1]) }, { 'act.slopes': 0n }, 'is [1] in the file'],
    [
      'float64 for float32',
      { 0: { dtype: 'float64', shape: [3], values: Float64Array.of(1, 2, 0.1) } },
      { 'act.slopes': 0n },
      'holds float64 0.1, which float32 cannot keep',
    ],
  ];
  for (const [title, values, links, says] of refusals) {
    it(`refuses ${title}, and changes nothing`, async () => {
      const net = leaf();
      const file = await put(values, links);
      const before = held();
      await refused(loadHdf5(net, file), ModuleError, says);
      expectNoMore(before);
      expect(await net.slopes.values()).to.deep.equal(Float32Array.of(0.25, 0.25, 0.25));
    });
  }

  it('refuses a blueprint that asks for more than there are values', async () => {
    const bytes = await saveHdf5(new Linear({ insize: 10, outsize: 10, name: 'l' }), undefined, {
      withBlueprint: true,
    });
    const text = new TextDecoder('latin1').decode(bytes);
    bytes.set(new TextEncoder().encode('"insize":9e4'), text.indexOf('"insize": 10'));
    await refused(rebuildHdf5(bytes), DataError, 'larger network than it has values for');
  });

  it('unpacks nothing of another shape: a small file may claim to hold gigabytes', async () => {
    const zeros = { dtype: 'float32', shape: [2 ** 20], values: new Float32Array(2 ** 20) } as const;
    const file = await put({ 0: zeros }, { 'act.slopes': 0n });
    expect(file.length).to.be.lessThan(20_000);
    const real = globalThis.DecompressionStream;
    globalThis.DecompressionStream = class {
      constructor() {
        throw new Error('it was unpacked');
      }
    } as unknown as typeof DecompressionStream;
    try {
      await refused(loadHdf5(leaf(), file), ModuleError, 'is [1048576] in the file');
    } finally {
      globalThis.DecompressionStream = real;
    }
  });

  it('leaves the network as it was where a part that it does not need is damaged', async () => {
    const net = make('net');
    const before = await valuesOf(net);
    const bytes = await saveHdf5(make('net'));
    // The tree of a group without entries: containers have one for buffers, and only the report looks at it.
    const tree = String.fromCharCode(...bytes).search(/TREE\0\0\0\0/);
    expect(tree).to.be.greaterThan(0);
    bytes[tree] = 0;
    await refused(loadHdf5(net, bytes), DataError, '"TREE" is expected');
    expect(await valuesOf(net)).to.deep.equal(before);
  });

  it('refuses what is not an HDF5 file, or a part of one', async () => {
    await refused(loadHdf5(leaf(), new Uint8Array(0)), DataError, 'does not begin as one');
    const bytes = await saveHdf5(leaf());
    await refused(loadHdf5(leaf(), bytes.subarray(0, -1)), DataError, 'it was cut off');
  });
});
