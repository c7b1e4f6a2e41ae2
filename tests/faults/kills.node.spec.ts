// Processes that are killed while they save: the file is whole, and the next save leaves nothing of theirs behind.
import { tellCounts, timesOr, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Linear, load, RandomStream, save } from 'tessera-nn';
import { programIn } from './program.js';

/** 360 KB, which take a few milliseconds to lie on a disk. */
const SIZE = 300;
const SAVING = `
import { Linear, save, startBackend } from 'tessera-nn';

await startBackend('cpu');
const net = new Linear(${SIZE}, ${SIZE});
process.stdout.write('saving');
for (;;) await save(net, process.argv[2]);
`;
/** Milliseconds within which a process is killed after it began to save. */
const LONGEST_LIFE = 40;

describe('A kill while a network is saved', function () {
  const times = timesOr(4);
  this.timeout(30_000 + 5000 * times);
  onBackend();
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'tessera-kills-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  it('leaves the old file or the new one, and the next save leaves nothing beside it', async () => {
    const [program, runs] = [await programIn(folder, SAVING), path.join(folder, 'runs')];
    const file = path.join(runs, 'net.safetensors');
    const own = new Linear(SIZE, SIZE);
    const random = new RandomStream(6);
    const counts = { kills: 0, 'unfinished files left by them': 0 };
    await mkdir(runs);
    await save(own, file);
    for (let i = 0; i < times; i++) {
      const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, random.uniform(0, LONGEST_LIFE)));
      child.kill('SIGKILL');
      await ended;
      expect(child.signalCode).to.equal('SIGKILL');
      counts.kills++;
      counts['unfinished files left by them'] += (await readdir(runs)).length - 1;
      (await load(file)).dispose(); // its checksum lets nothing but a whole file through
      await save(own, file);
      expect(await readdir(runs)).to.deep.equal(['net.safetensors']);
    }
    tellCounts(counts);
  });
});
