// What damaged and malicious files may do: be refused with a typed error, or be loaded whole. 2,000 for each way of reading, or as many as `npm run faults` is told.
// In Node alone: every one of them reads the network back, which is slow on WebGL and no business of a backend.
import { backendName, expectNoMore, held, onBackend, tellCounts, timesOr } from '@tessera-nn/testing';
import { Graph, Sequential } from '@tessera-nn/containers';
import { seed, TesseraError, Variable, type AnyModule, type Module } from '@tessera-nn/core';
import { BatchNorm2D, Conv2D, Identity, Linear, PRelu, Split } from '@tessera-nn/modules';
import { expect } from 'chai';
import fc from 'fast-check';
import { load } from './checkpoint/load.js';
import { save } from './checkpoint/save.js';
import { h5pyFiles } from './hdf5/hdf5.golden.js';
import { loadHdf5 } from './hdf5/load-hdf5.js';
import { puzzleLibBytes } from './hdf5/puzzlelib.golden.js';
import { openHdf5 } from './hdf5/read-hdf5.js';
import { rebuildHdf5 } from './hdf5/rebuild-hdf5.js';
import { saveHdf5 } from './hdf5/save-hdf5.js';
import { fromKeras } from './keras/from-keras.js';
import { kerasBytes } from './keras/keras.golden.js';
import { readKeras } from './keras/read-keras.js';
import { toTfjs } from './keras/tfjs/to-tfjs.js';
import { readNpz, writeNpz } from './numpy/npz.js';
import { numpyFiles } from './numpy/numpy.golden.js';
import { torchFiles } from './pytorch/pytorch-files.golden.js';
import { readPyTorch } from './pytorch/read-pytorch.js';
import { readSafetensors, writeSafetensors } from './safetensors/safetensors.js';
import { loadWeights } from './weights/load-weights.js';

const RUNS = timesOr(1000);
/** Of formats whose reader is small. */
const FEWER_RUNS = timesOr(100);
const SEED = 20261121;

const make = () =>
  new Sequential('net').extend([
    new Conv2D({ inmaps: 1, outmaps: 4, size: 3, name: 'conv' }),
    new BatchNorm2D(4),
    new PRelu(4),
    new Linear({ insize: 6, outsize: 5, name: 'head' }),
  ]);

/** The network of the file that h5py wrote. */
const makeForH5py = () =>
  new Sequential('net').extend([
    new Conv2D({ inmaps: 1, outmaps: 4, size: 3, name: 'conv' }),
    new BatchNorm2D(4),
    new PRelu(4),
    new Linear({ insize: 36, outsize: 5, name: 'head' }),
  ]);

/** Cuts, overwrites, copies, removes and inserts bytes, at random and where numbers and lengths like to lie. */
type Damage = (bytes: Uint8Array) => Uint8Array;
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const byte = fc.oneof(fc.constantFrom(0, 1, 127, 128, 254, 255), fc.nat(255));
const at = (bytes: Uint8Array, where: number) => Math.floor(where * bytes.length);
const damage: fc.Arbitrary<Damage> = fc.oneof(
  {
    weight: 2,
    arbitrary: place.map(
      (where): Damage =>
        (bytes) =>
          bytes.slice(0, at(bytes, where)),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.array(fc.tuple(place, byte), { minLength: 1, maxLength: 4 }).map((changes): Damage => (bytes) => {
      const changed = bytes.slice();
      for (const [where, value] of changes) changed[at(bytes, where)] = value;
      return changed;
    }),
  },
  {
    // Near the beginning, where headers are.
    weight: 4,
    arbitrary: fc.tuple(fc.nat(600), byte).map(([where, value]): Damage => (bytes) => {
      const changed = bytes.slice();
      changed[where % bytes.length] = value;
      return changed;
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(place, place, fc.nat(64)).map(([from, to, length]): Damage => (bytes) => {
      const changed = bytes.slice();
      return changed.copyWithin(at(bytes, to), at(bytes, from), at(bytes, from) + length);
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(place, fc.nat(16), fc.uint8Array({ maxLength: 16 })).map(
      ([where, removed, added]): Damage =>
        (bytes) =>
          Uint8Array.of(...bytes.slice(0, at(bytes, where)), ...added, ...bytes.slice(at(bytes, where) + removed)),
    ),
  },
  {
    // Eight bytes that count something, as large as they get.
    weight: 1,
    arbitrary: fc.tuple(place, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(([where, value]): Damage => (bytes) => {
      const changed = bytes.slice();
      const start = Math.min(at(bytes, where) & ~7, bytes.length - 8);
      new DataView(changed.buffer).setBigUint64(start, value, true);
      return changed;
    }),
  },
);

/** Slots, a module in two nodes and several outputs, so that the file holds both forms of a graph. */
const makeGraph = () => {
  const shared = new Linear({ insize: 4, outsize: 4, name: 'fc' });
  const input = shared.node();
  const parts = new Split(1, [1, 3]).node(shared.node(input));
  return new Graph({ inputs: input, outputs: [parts, new Identity().node([parts, 0])] });
};

/** A file of a network that does not outlive it: its collection in the middle of a test would change what is held. */
async function fileOf(write: (net: AnyModule) => Promise<Uint8Array>, of: () => AnyModule = make): Promise<Uint8Array> {
  seed(1);
  const net = of();
  const bytes = await write(net);
  net.dispose();
  return bytes;
}

async function snapshot(net: Module): Promise<Map<Variable, Float32Array | Int32Array | Uint8Array>> {
  const entries = [...net.tensors()].map(async (variable) => [variable, await variable.values()] as const);
  return new Map(await Promise.all(entries));
}

describe(`Hostile files [${backendName}]`, function () {
  this.timeout(200_000 + 100 * RUNS);
  onBackend();

  /** Runs the reader on damaged files and holds it to the promises; both outcomes must occur. */
  async function attack(
    files: readonly Uint8Array[],
    read: (bytes: Uint8Array) => Promise<unknown>,
    runs = RUNS,
  ): Promise<void> {
    const outcomes = { refused: 0, loaded: 0 };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), damage, async (file, change) => {
        try {
          await read(change(file));
          outcomes.loaded++;
        } catch (error) {
          if (!(error instanceof TesseraError)) throw error;
          outcomes.refused++;
        }
      }),
      { seed: SEED, numRuns: runs },
    );
    tellCounts(outcomes);
    expect(outcomes.refused + outcomes.loaded).to.equal(runs);
    expect(outcomes.refused).to.be.greaterThan(runs / 4);
    expect(outcomes.loaded, 'files that are loaded in spite of the damage').to.be.greaterThan(0);
  }

  /** Loads into one network again and again; it must hold the old values or those of a whole file, and nothing more. */
  async function attackNetwork(
    files: readonly Uint8Array[],
    loadInto: (net: Module, bytes: Uint8Array) => Promise<unknown>,
    of: () => Module = make,
  ): Promise<void> {
    seed(2);
    const net = of();
    const before = held();
    await attack(files, async (bytes) => {
      const old = await snapshot(net);
      try {
        await loadInto(net, bytes);
      } catch (error) {
        for (const [variable, values] of old) expect(await variable.values()).to.deep.equal(values);
        throw error;
      } finally {
        expectNoMore(before);
      }
    });
    net.dispose();
  }

  it('in safetensors are read whole or refused', async () => {
    const tensors = [
      ['a', { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ['b', { shape: [], values: BigInt64Array.of(1n) }],
      ['flags', { dtype: 'bool', shape: [3], values: Uint8Array.of(1, 0, 1) }],
    ] as const;
    await attack([writeSafetensors(tensors, [['format', 'pt']])], async (bytes) => {
      const { tensors, metadata } = readSafetensors(bytes);
      expect(readSafetensors(writeSafetensors(tensors, metadata)).tensors).to.have.property('size', tensors.size);
      const held = [...tensors.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
      expect(held).to.be.at.most(bytes.length);
      return Promise.resolve();
    });
  });

  it('in checkpoints give a whole network or none, and hold nothing when refused', async () => {
    const bytes = await fileOf((net) => save(net));
    const before = held();
    await attack([bytes], async (changed) => {
      try {
        const net = await load(changed);
        expect(await save(net)).to.deep.equal(bytes); // the checksum lets nothing else through
        net.dispose();
      } finally {
        expectNoMore(before);
      }
    });
  });

  it('in safetensors leave a network as it was, or load all of it', async () => {
    const bytes = await fileOf((net) => save(net));
    await attackNetwork([bytes], (net, changed) => loadWeights(net, changed, { layout: 'tessera' }));
  });

  it('in npz are read whole or refused, within the limit', async () => {
    const files = [numpyFiles.npz, numpyFiles.npzc].map((text) =>
      Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
    );
    await attack(files, async (bytes) => {
      const tensors = await readNpz(bytes, { limit: 4096 });
      const held = [...tensors.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
      expect(held).to.be.at.most(4096);
    });
  });

  it('in npz leave a network as it was, or load all of it', async () => {
    const { tensors } = readSafetensors(await fileOf((net) => save(net)));
    const files = await Promise.all([writeNpz(tensors), writeNpz(tensors, { compress: true })]);
    await attackNetwork(files, (target, changed) => loadWeights(target, changed, { layout: 'tessera' }));
  });

  it('of PyTorch are read whole or refused, within the limit', async () => {
    const files = Object.values(torchFiles).map((text) =>
      Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
    );
    const read = async (bytes: Uint8Array) => {
      const tensors = await readPyTorch(bytes, { limit: 4096 });
      const held = [...tensors.values()].reduce((sum, { values }) => sum + values.length, 0);
      expect(held).to.be.at.most(4096);
    };
    await attack(files, read, FEWER_RUNS);
  });

  it('of Keras are read whole or refused, within the limit', async () => {
    const files = await Promise.all([kerasBytes('keras'), kerasBytes('h5')]);
    const read = async (bytes: Uint8Array) => {
      const tensors = await readKeras(bytes, { limit: 8192 });
      expect([...tensors.values()].reduce((sum, { values }) => sum + values.length, 0)).to.be.at.most(1024);
    };
    await attack(files, read, FEWER_RUNS);
  });

  it('of models of Keras and tfjs-layers give a whole network or none', async () => {
    const attackModel = async (files: readonly Uint8Array[], build: (bytes: Uint8Array) => Promise<AnyModule>) => {
      const before = held();
      const read = async (bytes: Uint8Array) => {
        try {
          (await build(bytes)).dispose();
        } finally {
          expectNoMore(before);
        }
      };
      await attack(files, read, FEWER_RUNS);
    };
    await attackModel([await kerasBytes('keras')], (bytes) => fromKeras(bytes));
    await attackModel([await kerasBytes('h5')], (bytes) => fromKeras(bytes));
    const net = make();
    const { 'model.json': json, ...weights } = await toTfjs(net, { shape: [1, 8, 8] });
    net.dispose();
    await attackModel([json!], (bytes) => fromKeras({ ...weights, 'model.json': bytes }));
  });

  it('in HDF5 leave a network as it was, or load all of it', async () => {
    const ours = await fileOf((net) => saveHdf5(net));
    const plain = await fileOf((net) => saveHdf5(net, undefined, { compress: null }));
    await attackNetwork([ours, plain], (net, changed) => loadHdf5(net, changed));
  });

  it('in HDF5 give a whole network or none', async () => {
    const write = (net: AnyModule) => saveHdf5(net, undefined, { compress: null, withBlueprint: true });
    const files = [await fileOf(write), await fileOf(write, makeGraph)];
    const before = held();
    await attack(files, async (changed) => {
      try {
        (await rebuildHdf5(changed)).dispose();
      } finally {
        expectNoMore(before);
      }
    });
  });

  it('of h5py are read or refused, none without end', async () => {
    const file = Uint8Array.from(atob(h5pyFiles.puzzleLib), (character) => character.charCodeAt(0));
    await attackNetwork([file], (net, changed) => loadHdf5(net, changed), makeForH5py);
  });

  it('in the heap of a group with many links are read or refused, none without end', async () => {
    const bytes = await puzzleLibBytes('manyContainers');
    const links = openHdf5(bytes, 'f').leaves().length;
    await attack([bytes], (changed) => {
      const leaves = openHdf5(changed, 'f').leaves();
      for (const path of leaves) openHdf5(changed, 'f').dataset(path);
      expect(leaves.length).to.be.lessThan(10 * links);
      return Promise.resolve();
    });
  });
});
