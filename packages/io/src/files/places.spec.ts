import { backendName, onBackend } from '@tessera-nn/testing';
import { DataError } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { expect } from 'chai';
import { load } from '../checkpoint/load.js';
import { save } from '../checkpoint/save.js';
import { downloadFile } from './download-file.js';
import { openPath } from './file-system.browser.js';
import { indexedDbFile } from './indexed-db-file.js';
import { readBytes, writeBytes } from './open.js';
import { originPrivateFile } from './origin-private-file.js';
import type { Place } from './place.js';

const inPage = 'document' in globalThis;
/** WebKitGTK has no origin private file system. */
const here = {
  'the origin private file system': inPage && typeof navigator.storage?.getDirectory === 'function',
  IndexedDB: inPage,
};
const stores: Record<keyof typeof here, (name: string) => Place> = {
  'the origin private file system': (name) => originPrivateFile(`spec/${name}`),
  IndexedDB: (name) => indexedDbFile(name, { database: 'tessera-spec' }),
};

async function refused(work: Promise<unknown>, says: string): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(DataError);
  expect((error as Error).message).to.include(says);
}

describe(`Files of a browser [${backendName}]`, () => {
  onBackend();

  it('are bytes, buffers, and what the user chose', async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(await readBytes(bytes)).to.equal(bytes);
    expect(await readBytes(bytes.buffer)).to.deep.equal(bytes);
    expect(await readBytes(new Blob([bytes]))).to.deep.equal(bytes);
  });

  for (const title of ['the origin private file system', 'IndexedDB'] as const) {
    const open = stores[title];
    if (here[title]) {
      it(`keep a network in ${title}, and give it back`, async () => {
        const net = new Linear(2, 3);
        const bytes = await save(net, open('net.safetensors'));
        const copy = await load(open('net.safetensors'));
        expect(await copy.getVar('W').values()).to.deep.equal(await net.W.values());
        await writeBytes(open('net.safetensors'), Uint8Array.of(1));
        expect(await readBytes(open('net.safetensors'))).to.deep.equal(Uint8Array.of(1));
        // A view on a part of a buffer is kept as that part.
        await writeBytes(open('part'), bytes.subarray(8, 10));
        expect(await readBytes(open('part'))).to.deep.equal(bytes.slice(8, 10));
      });

      it(`that are not in ${title} are a DataError`, async () => {
        await refused(readBytes(open('nothing')), 'nothing');
      });
    } else {
      it(`say that there is no ${title} here`, async () => {
        await refused(readBytes(open('net')), 'here');
        await refused(writeBytes(open('net'), new Uint8Array(1)), 'here');
      });
    }
  }

  if (inPage) {
    it('are offered as downloads, under their name and with their bytes', async () => {
      const clicked: HTMLAnchorElement[] = [];
      const click = Object.getOwnPropertyDescriptor(HTMLElement.prototype, 'click')!;
      HTMLElement.prototype.click = function (this: HTMLAnchorElement) {
        clicked.push(this);
      };
      try {
        const written = writeBytes(downloadFile('net.safetensors'), Uint8Array.of(4, 5));
        expect(clicked.map(({ download }) => download)).to.deep.equal(['net.safetensors']);
        const offered = await fetch(clicked[0]!.href);
        expect(new Uint8Array(await offered.arrayBuffer())).to.deep.equal(Uint8Array.of(4, 5));
        await written;
      } finally {
        Object.defineProperty(HTMLElement.prototype, 'click', click);
      }
    });
  } else {
    it('are not downloads without a page', async () => {
      await refused(writeBytes(downloadFile('a'), new Uint8Array(1)), 'There is no page');
    });
  }

  it('that were downloads are not read back', async () => {
    await refused(readBytes(downloadFile('a')), 'cannot be read back');
  });

  describe('behind an address', () => {
    const realFetch = globalThis.fetch;
    beforeEach(() => {
      globalThis.fetch = (input) => {
        const { href: address } = new URL(input as string, 'https://page.test/');
        if (address.includes('nowhere')) return Promise.reject(new TypeError('no route'));
        return Promise.resolve(address.includes('there') ? new Response('abc') : new Response('', { status: 404 }));
      };
    });
    afterEach(() => {
      globalThis.fetch = realFetch;
    });

    it('are fetched, and never written', async () => {
      expect(await openPath('there').read()).to.deep.equal(Uint8Array.of(97, 98, 99));
      await refused(openPath('lost').read(), 'received 404');
      await refused(openPath('nowhere').read(), 'cannot be reached');
      await refused(openPath('there').write(new Uint8Array(1)), 'downloadFile(name)');
    });
  });
});
