import { onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { onSharedMemory } from './companion.js';
import { makeWasmBackend, setWasmFolder } from './wasm-backend.js';

/** A module of somebody else's: a page of memory that may grow without end. */
const FOREIGN = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x6d, 2, 0);

describe('A wasm backend', () => {
  onBackend();

  for (const shared of [false, true]) {
    it(`on ${shared ? 'shared' : 'its own'} memory lets others be while it starts: their modules, WebAssembly, listeners`, async () => {
      const { instantiate, instantiateStreaming } = WebAssembly;
      const listeners = () => process.listeners('uncaughtException');
      const [before, own] = [listeners(), [] as (() => void)[]];
      let backend: object | undefined;
      const starting = makeWasmBackend(shared).then((made) => (backend = made));
      try {
        while (!backend) {
          expect(WebAssembly).to.include({ instantiate, instantiateStreaming });
          const { instance } = await WebAssembly.instantiate(FOREIGN);
          expect((instance.exports.m as WebAssembly.Memory).buffer).to.be.instanceOf(ArrayBuffer);
          const listener = () => undefined;
          own.push(listener);
          process.on('uncaughtException', listener);
          await new Promise(setImmediate);
        }
        expect(own).to.not.be.empty;
        expect(listeners()).to.deep.equal([...before, ...own]);
        expect(onSharedMemory(await starting)).to.equal(shared);
      } finally {
        for (const listener of own) process.off('uncaughtException', listener);
      }
    });
  }

  it('fails with the reason where its file is missing, or is something else', async () => {
    const failure = (folder: string) => {
      setWasmFolder(folder);
      return makeWasmBackend(true).catch((error: unknown) => String(error));
    };
    try {
      expect(await failure('nowhere')).to.match(/ENOENT.*nowhere\/tfjs-backend-wasm-simd\.wasm/);
      expect(await failure(`file://${import.meta.dirname}/`)).to.contain('ENOENT');
    } finally {
      setWasmFolder(undefined);
    }
  });
});
