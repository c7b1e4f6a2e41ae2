// A checkpoint must not lean on anything that lives in the process that wrote it.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onBackend } from '@tessera-nn/testing';
import { Sequential } from '@tessera-nn/containers';
import { seed } from '@tessera-nn/core';
import { BatchNorm2D, Conv2D, Flatten, Linear, PRelu } from '@tessera-nn/modules';
import { expect } from 'chai';
import { save } from './save.js';

const AGAIN = `
import { startBackend } from '@tessera-nn/kernels';
import { load, save } from '@tessera-nn/io';
await startBackend('cpu');
const [from, to] = process.argv.slice(-2);
await save(await load(from), to);
`;

describe('A checkpoint in a new process', () => {
  onBackend();
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'tessera-io-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  it('is loaded and saved again to the same bytes', async () => {
    seed(5);
    const shared = new PRelu(4);
    const parts = [new Conv2D(1, 4, 3), new BatchNorm2D(4), shared, new Conv2D(4, 4, 1), shared, new Flatten()];
    const net = new Sequential('net').extend([...parts, new Linear({ insize: 16, outsize: 3, name: 'head' })]);
    const [first, second] = ['first', 'second'].map((name) => path.join(folder, 'deep', `${name}.safetensors`));
    const bytes = await save(net, first);
    expect(new Uint8Array(await readFile(first!))).to.deep.equal(bytes);
    const code = ['--input-type=module', '--eval', AGAIN, '--', first!, second!];
    const options = ['--conditions=tessera-source', '--import', 'tsx/esm', ...code];
    const { status, stderr } = spawnSync(process.execPath, options, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(status, stderr).to.equal(0);
    expect(new Uint8Array(await readFile(second!))).to.deep.equal(bytes);
  });
});
