import { ValueError } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  indexedDbFile,
  load,
  loadHdf5,
  loadWeights,
  readBytes,
  readNpz,
  readPyTorch,
  rebuildHdf5,
  save,
  saveHdf5,
  writeBytes,
  writeNpz,
} from './index.js';

describe(`Options of files [${backendName}]`, () => {
  onBackend();

  const none = new Uint8Array(0);
  const net = () => new Linear(2, 2);
  const weights = (options: object) => save(net()).then((file) => loadWeights(net(), file, options));

  for (const [title, run, says] of [
    ['dtypes of save', () => save(net(), undefined, { dtypes: 'float16' } as object), 'Did you mean "dtype"?'],
    ['a third argument of save', () => save(net(), undefined, 5 as never), 'save: options come by name'],
    ['classes of load', () => load(none, { classes: [] } as object), 'load has no option "classes"'],
    ['classes for the options of load', () => load(none, [Linear] as object), 'load: options come by name'],
    ['a name for a class', () => load(none, { modules: ['Linear'] as never }), 'Expected a list of classes of modules'],
    ['a limit in text', () => load(none, { maxValues: '5' as never }), 'maxValues does not fit'],
    ['no limit at all', () => load(none, { maxValues: NaN }), 'maxValues does not fit'],
    ['names of loadWeights', () => weights({ names: {} }), 'loadWeights has no option "names"'],
    ['a word for strict', () => weights({ strict: 'no' }), 'strict does not fit. Expected true or false'],
    ['a layout that is none', () => weights({ layout: 'pytorch' }), "Expected 'torch', 'tessera' or 'keras'"],
    ['a way that is none', () => weights({ layout: { W: 'flip' } }), 'layout does not fit'],
    ['a layout of no name', () => weights({ layout: { w: 'turn' } }), 'layout is for names of the network'],
    ['maps of no name', () => weights({ flattened: { V: 3 } }), 'flattened is for names of the network'],
    ['half a map', () => weights({ flattened: { W: 0.5 } }), 'flattened does not fit'],
    ['a list for a map', () => weights({ map: ['W'] }), 'map does not fit. Expected a function, or names'],
    ['compression of saveHdf5', () => saveHdf5(net(), undefined, { compression: 'gzip' } as object), '"compress"?'],
    ['a packing that is none', () => saveHdf5(net(), undefined, { compress: 'lzf' as never }), 'Expected gzip or null'],
    ['modules of loadHdf5', () => loadHdf5(net(), none, { modules: [] } as object), 'loadHdf5 has no option "modules"'],
    ['a loader that is none', () => loadHdf5(net(), none, { varLoader: {} as never }), 'Expected a function'],
    ['module of rebuildHdf5', () => rebuildHdf5(none, { module: [] } as object), 'Did you mean "modules"?'],
    ['max of readNpz', () => readNpz(none, { limits: 5 } as object), 'readNpz has no option "limits"'],
    ['a limit below 0', () => readNpz(none, { limit: -1 }), 'limit does not fit'],
    [
      'a name of a key of readPyTorch',
      () => readPyTorch(none, { name: 'ema' } as object),
      'readPyTorch has no option "name"',
    ],
    ['compression of writeNpz', () => writeNpz([], { compression: true } as object), 'Did you mean "compress"?'],
    ['a number for a file', () => readBytes(5 as never), 'There is no file to read. Expected a path, or a place'],
    ['nothing for a file', () => load(undefined as never), 'There is no file to read'],
    ['a network for a file', () => writeBytes(net() as never, none), 'There is no file to write'],
  ] as const) {
    it(`refuse ${title}`, async () => {
      const error = await run().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(ValueError);
      expect(String(error)).to.include(says);
    });
  }

  it('refuse what indexedDbFile does not know', () => {
    const named = () => indexedDbFile('net', { db: 'mine' } as object);
    expect(named).to.throw(ValueError, 'indexedDbFile has no option "db"');
    expect(() => indexedDbFile('net', { database: 5 as never })).to.throw(ValueError, 'database does not fit');
    expect(indexedDbFile('net', { database: 'mine' }).name).to.equal('IndexedDB file "net"');
  });
});
