// What a file asks for is counted before it is allocated.
import { Sequential } from '@tessera-nn/containers';
import { DataError, fromBlueprint, ModuleError, type AnyModule, type Blueprint } from '@tessera-nn/core';
import { BatchNorm2D, Conv2D, Linear, PRelu } from '@tessera-nn/modules';
import { backendName, expectNoMore, held, itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { load } from './checkpoint/load.js';
import { save } from './checkpoint/save.js';
import { rebuildHdf5 } from './hdf5/rebuild-hdf5.js';
import { writeHdf5 } from './hdf5/write-hdf5.js';
import { readSafetensors, writeSafetensors } from './safetensors/safetensors.js';
import type { StoredTensor } from './tensors/stored-tensor.js';
import { loadWeights } from './weights/load-weights.js';

/** Longer than a refusal takes anywhere, and shorter than the work that it spares. */
const SOON_MS = 3000;

async function refusal(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => expect.fail('it was not refused'),
    (error: Error) => error,
  );
}

async function soon<T>(work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  expect(performance.now() - start).to.be.lessThan(SOON_MS);
  return result;
}

const checkpointOf = (blueprint: object | string) =>
  writeSafetensors(
    [],
    [
      ['format', 'tessera'],
      ['formatVersion', '1'],
      ['blueprint', typeof blueprint === 'string' ? blueprint : JSON.stringify(blueprint)],
      ['aliases', '{}'],
      ['classVersions', '{}'],
    ],
  );
const unchecked = { verifyChecksum: false };

describe(`What files ask for [${backendName}]`, function () {
  this.timeout(60_000);
  onBackend();

  for (const [className, options] of [
    ['Linear', { insize: 20_000, outsize: 20_000 }],
    ['Conv2D', { inmaps: 20_000, outmaps: 20_000, size: 3 }],
    ['BatchNorm2D', { maps: 1e9 }],
    ['PRelu', { maps: 1e9 }],
    ['PRelu', { shape: [1e5, 1e5, 1e5] }],
  ] as const) {
    it(`is refused before it is allocated: ${className} of ${JSON.stringify(options)}`, async () => {
      const before = held();
      const error = await soon(() => refusal(load(checkpointOf({ className, options }), unchecked)));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.contain('describes a larger network than it has values for').and.contain('maxValues');
      expectNoMore(before);
    });
  }

  it('is counted over all modules, and may be allowed', async () => {
    const part = { className: 'Linear', options: { insize: 200, outsize: 200 } };
    const modules = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`${i}`, part]));
    const file = checkpointOf({ className: 'Sequential', options: { order: ['0', '1', '2', '3'] }, modules });
    const before = held();
    expect((await refusal(load(file, unchecked))).message).to.contain('describes a larger network');
    const allowed = await refusal(load(file, { ...unchecked, maxValues: 1e6 }));
    expect(allowed).to.be.instanceOf(ModuleError);
    expect(allowed.message).to.contain('missing "0.W"');
    expectNoMore(before);
  });

  itOnOneBackend('of a packed file is held against the bytes of the file', async () => {
    const size = 4200;
    const tensor = { dtype: 'float32', shape: [size, size], values: new Float32Array(size * size) } as const;
    const link = { dtype: 'int64', shape: [], values: BigInt64Array.of(0n) } as const;
    const scheme = { insize: size, outsize: size, useBias: false, name: 'fc' };
    const bytes = await writeHdf5(
      {
        tensors: new Map<string, StoredTensor>([
          ['params/0', tensor],
          ['links/fc.W', link],
        ]),
        texts: new Map([['blueprint', JSON.stringify({ classname: 'Linear', scheme })]]),
      },
      'gzip',
    );
    expect((await soon(() => refusal(rebuildHdf5(bytes)))).message).to.contain('describes a larger network');
    (await rebuildHdf5(bytes, { maxValues: size * size })).dispose();
  });

  for (const depth of [300, 50_000]) {
    const nested = (inner: string, key: string) => {
      const open = `{"${key}":"Sequential","options":{"order":["0"]},"scheme":{},"graph":["0"],"modules":{"0":`;
      return open.repeat(depth) + inner + '}}'.repeat(depth);
    };
    it(`is refused ${depth} containers deep`, async () => {
      const file = checkpointOf(nested('{"className":"Identity","options":{}}', 'className'));
      expect((await soon(() => refusal(load(file, unchecked)))).constructor).to.equal(DataError);
      const text = nested('{"classname":"Identity","scheme":{}}', 'classname');
      const bytes = await writeHdf5(
        { tensors: new Map(), groups: ['links'], texts: new Map([['blueprint', text]]) },
        null,
      );
      expect((await soon(() => refusal(rebuildHdf5(bytes)))).constructor).to.equal(DataError);
    });
  }

  it('is refused 50,000 containers deep in a blueprint of no file', () => {
    let blueprint: Blueprint = { className: 'Sequential', options: { order: [] }, modules: {} };
    for (let i = 0; i < 50_000; i++) {
      blueprint = { className: 'Sequential', options: { order: ['0'] }, modules: { 0: blueprint } };
    }
    expect(() => fromBlueprint(blueprint, [Sequential])).to.throw(ModuleError, 'more than 1000 containers');
  });

  it('leaves nothing of modules that were built halfway', async () => {
    class Half extends Linear {
      static override readonly className = 'Linear';
      constructor(options: never) {
        super(options);
        throw new RangeError('on purpose');
      }
    }
    const bytes = await save(new Linear({ insize: 2, outsize: 2 }));
    const before = held();
    expect((await refusal(load(bytes, { modules: [Half] }))).message).to.contain('on purpose');
    expectNoMore(before);
  });

  it('is told in a message that can be read, of very many tensors', async () => {
    const count = 100_000;
    const names = Array.from({ length: count }, (_, i) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`);
    const header = new TextEncoder().encode(`{${names.join()}}`);
    const file = new Uint8Array(8 + header.length);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    file.set(header, 8);
    const net = new Sequential([
      new Linear(2, 2),
      new PRelu(2),
      new BatchNorm2D(2),
      new Conv2D(1, 1, 3),
    ] as AnyModule[]);
    const error = await refusal(loadWeights(net, file));
    expect(error.message.length).to.be.lessThan(4000);
    expect(error.message)
      .to.contain('unexpected "t0"')
      .and.match(/and \d+ more/);
    expect(readSafetensors(file).tensors.size).to.equal(count);
  });
});
