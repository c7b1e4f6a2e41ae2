import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from '@tessera-nn/core';
import { expect } from 'chai';
import { loadMnist } from './mnist.js';

function idx(shape: number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((length, axis) => header.writeUInt32BE(length, 4 + 4 * axis));
  return Buffer.concat([header, values]);
}
const images = (count: number) => idx([count, 28, 28], new Uint8Array(count * 784).fill(255));
const labels = (...values: number[]) => idx([values.length], Uint8Array.from(values));

const FILES: Record<string, Buffer> = {
  'train-images-idx3-ubyte': images(4),
  'train-labels-idx1-ubyte': labels(3, 1, 4, 1),
  't10k-images-idx3-ubyte': images(2),
  't10k-labels-idx1-ubyte': labels(5, 9),
};

async function errorOf(promise: Promise<unknown>): Promise<DataError> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error as DataError,
  );
}

describe('loadMnist in Node', () => {
  let scratch: string;
  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tessera-mnist-'));
  });
  afterEach(() => rm(scratch, { recursive: true }));

  describe('from a folder', () => {
    it('reads files as they are and packed ones, side by side', async () => {
      for (const [name, bytes] of Object.entries(FILES)) {
        const packed = name.startsWith('train');
        await writeFile(join(scratch, packed ? `${name}.gz` : name), packed ? gzipSync(bytes) : bytes);
      }
      const files: string[] = [];
      const { train, test } = await loadMnist({ folder: scratch, onProgress: ({ file }) => files.push(file) });
      expect(train.shape).to.deep.equal([4, 1, 28, 28]);
      expect([...train.labels, ...test.labels]).to.deep.equal([3, 1, 4, 1, 5, 9]);
      expect(train.data.every((value) => value === 1)).to.equal(true);
      expect(files).to.deep.equal([
        'train-images-idx3-ubyte.gz',
        'train-labels-idx1-ubyte.gz',
        't10k-images-idx3-ubyte',
        't10k-labels-idx1-ubyte',
      ]);
    });

    it('lists the four names, what is there, the folder and what to do when one is missing', async () => {
      await writeFile(join(scratch, 'train-images-idx3-ubyte'), FILES['train-images-idx3-ubyte']!);
      const error = await errorOf(loadMnist({ folder: scratch }));
      expect(error).to.be.instanceOf(DataError);
      expect(error.path).to.equal(scratch);
      for (const part of [...Object.keys(FILES), scratch, 'with or without .gz', 'syntheticDigits()']) {
        expect(error.message).to.include(part);
      }
      expect(error.received).to.equal('only train-images-idx3-ubyte');
    });

    it('says so when the folder is not there, or is a file', async () => {
      for (const folder of [join(scratch, 'nowhere'), join(scratch, 'file')]) {
        await writeFile(join(scratch, 'file'), 'text');
        const error = await errorOf(loadMnist({ folder }));
        expect(error.message).to.include(`The folder ${folder} does not hold all files`);
        expect(error.received).to.equal('none of them');
      }
    });

    it('names a file that cannot be read', async () => {
      await mkdir(join(scratch, 'train-images-idx3-ubyte.gz'));
      const error = await errorOf(loadMnist({ folder: scratch }));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.include(`${join(scratch, 'train-images-idx3-ubyte.gz')} cannot be read`);
    });

    it('names a packed file that is cut off', async () => {
      for (const [name, bytes] of Object.entries(FILES)) await writeFile(join(scratch, name), bytes);
      const path = join(scratch, 't10k-images-idx3-ubyte.gz');
      await writeFile(path, gzipSync(FILES['t10k-images-idx3-ubyte']!).subarray(0, 20));
      const error = await errorOf(loadMnist({ folder: scratch }));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.include(`${path} is cut off or damaged`);
    });

    it('checks checksums that it is given', async () => {
      for (const [name, bytes] of Object.entries(FILES)) await writeFile(join(scratch, name), bytes);
      const checksums = { 'train-labels-idx1-ubyte': '0'.repeat(64) };
      const error = await errorOf(loadMnist({ folder: scratch, checksums }));
      expect(error.message).to.include('train-labels-idx1-ubyte is not the file it should be');
    });
  });

  describe('by download', () => {
    let server: Server;
    let url: string;
    let requests: string[];
    let content: Record<string, Buffer>;
    /** Ends a response after this many bytes. */
    let breakAfter: number;

    beforeEach(async () => {
      requests = [];
      breakAfter = Infinity;
      content = Object.fromEntries(Object.entries(FILES).map(([name, bytes]) => [`/${name}.gz`, gzipSync(bytes)]));
      server = createServer((request, response) => {
        requests.push(request.url!);
        const body = content[request.url!];
        if (body === undefined) return void response.writeHead(404).end();
        response.writeHead(200, { 'content-length': body.length });
        if (body.length <= breakAfter) return void response.end(body);
        response.write(body.subarray(0, breakAfter), () => response.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    });
    afterEach(
      () =>
        new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        }),
    );

    /** Files of a URL lie in a subfolder of the cache folder. */
    const kept = async () => {
      const [subfolder = '.'] = await readdir(scratch);
      return { folder: join(scratch, subfolder), names: await readdir(join(scratch, subfolder)) };
    };

    it('keeps what it downloads and asks for nothing the second time', async () => {
      const first = await loadMnist({ url, cacheFolder: scratch });
      expect(requests).to.have.length(4);
      expect((await kept()).names.sort()).to.deep.equal(
        Object.keys(FILES)
          .map((name) => `${name}.gz`)
          .sort(),
      );

      const steps: unknown[] = [];
      const second = await loadMnist({ url, cacheFolder: scratch, onProgress: (step) => steps.push(step) });
      expect(requests).to.have.length(4);
      expect(steps).to.have.length(4);
      expect([...second.train.labels]).to.deep.equal([...first.train.labels]);
    });

    it('does not take files of one URL for those of another', async () => {
      await loadMnist({ url, cacheFolder: scratch });
      content = Object.fromEntries(Object.entries(content).map(([name, bytes]) => [`/other${name}`, bytes]));
      await loadMnist({ url: `${url}other`, cacheFolder: scratch });
      expect(requests).to.have.length(8);
    });

    it('keeps nothing when told so', async () => {
      await loadMnist({ url, cacheFolder: false });
      expect(await readdir(scratch)).to.deep.equal([]);
    });

    it('downloads a file again that went bad in the cache', async () => {
      await loadMnist({ url, cacheFolder: scratch });
      const { folder } = await kept();
      const path = join(folder, 't10k-labels-idx1-ubyte.gz');
      await writeFile(path, 'rubbish');
      const { test } = await loadMnist({ url, cacheFolder: scratch });
      expect([...test.labels]).to.deep.equal([5, 9]);
      expect(requests.slice(4)).to.deep.equal(['/t10k-labels-idx1-ubyte.gz']);
      expect(await readFile(path)).to.deep.equal(content['/t10k-labels-idx1-ubyte.gz']);
    });

    it('does not keep a file that fails its checksum', async () => {
      const checksums = { 'train-images-idx3-ubyte.gz': '0'.repeat(64) };
      const error = await errorOf(loadMnist({ url, cacheFolder: scratch, checksums }));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.include(`${url}train-images-idx3-ubyte.gz is not the file it should be`);
      expect(await readdir(scratch)).to.deep.equal([]);
    });

    it('tells when the server breaks off, and keeps nothing', async () => {
      breakAfter = 10;
      const error = await errorOf(loadMnist({ url, cacheFolder: scratch }));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.include(`The download of ${url}train-images-idx3-ubyte.gz broke off`);
      expect(error.message).to.include('Try again');
      expect(await readdir(scratch)).to.deep.equal([]);
    });

    it('tells when nobody listens, and why', async () => {
      await new Promise((resolve) => server.close(resolve));
      const error = await errorOf(loadMnist({ url, cacheFolder: scratch }));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.include('cannot be reached').and.include('ECONNREFUSED');
    });

    it('stops a download in its middle', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const loading = loadMnist({ url, cacheFolder: scratch, signal, onProgress: () => controller.abort() });
      expect(await errorOf(loading)).to.have.property('name', 'AbortError');
      expect(requests.length).to.be.at.most(2);
    });

    it('tells when the cache folder cannot be written', async () => {
      await writeFile(join(scratch, 'file'), 'text');
      const error = await errorOf(loadMnist({ url, cacheFolder: join(scratch, 'file') }));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.include('cannot be written').and.include('cacheFolder: false');
    });

    it('keeps downloads below XDG_CACHE_HOME when it is given no folder', async () => {
      const before = process.env['XDG_CACHE_HOME'];
      process.env['XDG_CACHE_HOME'] = scratch;
      try {
        await loadMnist({ url });
        const [subfolder] = await readdir(join(scratch, 'tessera', 'mnist'));
        expect(await readdir(join(scratch, 'tessera', 'mnist', subfolder!))).to.have.length(4);
      } finally {
        if (before === undefined) delete process.env['XDG_CACHE_HOME'];
        else process.env['XDG_CACHE_HOME'] = before;
      }
    });
  });
});
