import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataError } from '@tessera-nn/core';
import { expect } from 'chai';
import { readBytes, writeBytes } from './open.js';

describe('Files of a disk', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'tessera-files-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const bytes = Uint8Array.of(1, 2, 3);

  it('are written and read by path and by URL, in folders that are made', async () => {
    const file = path.join(folder, 'runs', 'one', 'net.bin');
    await writeBytes(file, bytes);
    expect(await readBytes(file)).to.deep.equal(bytes);
    expect(await readBytes(pathToFileURL(file))).to.deep.equal(bytes);
    expect(await readBytes(pathToFileURL(file).href)).to.deep.equal(bytes);
    await writeBytes(pathToFileURL(file), bytes.subarray(1));
    expect(new Uint8Array(await readFile(file))).to.deep.equal(Uint8Array.of(2, 3));
  });

  it('are replaced in one step: whoever reads meanwhile sees the old one or the new one, whole', async () => {
    const file = path.join(folder, 'net.bin');
    const versions = [1, 2].map((value) => new Uint8Array(400_000).fill(value));
    await writeBytes(file, versions[0]!);
    let writing = true;
    const reader = (async () => {
      const seen = new Set<string>();
      while (writing) {
        const found = await readFile(file);
        seen.add(`${found.length} ${[...new Set(found)].join()}`);
      }
      return [...seen];
    })();
    for (let i = 0; i < 20; i++) await writeBytes(file, versions[i % 2]!);
    writing = false;
    for (const seen of await reader) expect(seen).to.be.oneOf(['400000 1', '400000 2']);
    expect(await readdir(folder)).to.deep.equal(['net.bin']);
  });

  it('keep who may read them, and the links that lead to them', async () => {
    const file = path.join(folder, 'secret.bin');
    const link = path.join(folder, 'link.bin');
    await writeFile(file, 'old', { mode: 0o600 });
    await symlink(file, link);
    await writeBytes(link, bytes);
    expect(await readBytes(file)).to.deep.equal(bytes);
    expect((await lstat(link)).isSymbolicLink()).to.equal(true);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await readdir(folder)).sort()).to.deep.equal(['link.bin', 'secret.bin']);
  });

  it('are written behind a link to a file that is not there yet', async () => {
    const link = path.join(folder, 'link.bin');
    await mkdir(path.join(folder, 'runs'));
    await symlink(path.join('runs', 'new.bin'), link);
    await writeBytes(link, bytes);
    expect((await lstat(link)).isSymbolicLink()).to.equal(true);
    expect(await readBytes(path.join(folder, 'runs', 'new.bin'))).to.deep.equal(bytes);
    await symlink('circle.bin', path.join(folder, 'circle.bin'));
    await refused(writeBytes(path.join(folder, 'circle.bin'), bytes), 'cannot be written');
  });

  it('are not devices and pipes: these are written into', async function () {
    if (process.platform === 'win32') return;
    await writeBytes('/dev/null', bytes);
    expect((await stat('/dev/null')).isCharacterDevice()).to.equal(true);
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [read] = await Promise.all([readFile(pipe), writeBytes(pipe, bytes)]);
    expect(new Uint8Array(read)).to.deep.equal(bytes);
    expect((await stat(pipe)).isFIFO()).to.equal(true);
  });

  it('stay as they are where they are read-only', async function () {
    const file = path.join(folder, 'kept.bin');
    await writeFile(file, 'old', { mode: 0o444 });
    if (process.getuid?.() === 0) return; // to whom nothing is read-only
    await refused(writeBytes(file, bytes), 'cannot be written');
    expect(await readFile(file, 'utf8')).to.equal('old');
  });

  it('leave nothing behind of writers that were killed', async () => {
    const file = path.join(folder, 'net.bin');
    const uuid = '00000000-0000-4000-8000-000000000000';
    const ended = spawnSync(process.execPath, ['--eval', '']).pid;
    for (const name of [`.net.bin.${ended}.${uuid}.part`, `.net.bin.${uuid}.part`]) {
      await writeFile(path.join(folder, name), 'half');
    }
    const kept = [`.net.bin.${process.pid}.${uuid}.part`, `.other.bin.${ended}.${uuid}.part`, '.net.bin.mine.part'];
    for (const name of kept) await writeFile(path.join(folder, name), 'of others');
    await writeBytes(file, bytes);
    expect((await readdir(folder)).sort()).to.deep.equal([...kept, 'net.bin'].sort());
  });

  it('stay as they were, with nothing beside them, when writing fails', async () => {
    const file = path.join(folder, 'net.bin');
    await mkdir(path.join(file, 'inside'), { recursive: true }); // a folder cannot be replaced by a file
    await refused(writeBytes(file, bytes), 'cannot be written');
    expect(await readdir(folder)).to.deep.equal(['net.bin']);
    const kept = path.join(folder, 'kept.bin');
    await writeFile(kept, 'old');
    await refused(writeBytes(path.join(kept, 'below'), bytes), 'cannot be written');
    expect(await readFile(kept, 'utf8')).to.equal('old');
  });

  it('that are not there are a DataError', async () => {
    await refused(readBytes(path.join(folder, 'none')), 'cannot be read');
  });
});

async function refused(work: Promise<unknown>, says: string): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(DataError);
  expect((error as Error).message).to.include(says);
}
