// Disks that are full, and files that may not grow: saving is refused, the old file stays, nothing lies beside it.
import { tellCounts, timesOr } from '@tessera-nn/testing';
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RandomStream } from 'tessera-nn';
import { programIn } from './program.js';

/** Saves a small network, then a large one where the first lies, and says what came of it. */
const REPLACING = `
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Linear, load, save, startBackend } from 'tessera-nn';

await startBackend('cpu');
const [file, size] = [process.argv[2], Number(process.argv[3])];
const old = await save(new Linear(8, 8), file);
const failure = await save(new Linear(size, size), file).then(() => undefined, (error) => error);
const isOld = Buffer.compare(readFileSync(file), old) === 0;
await load(file);
console.log(JSON.stringify({
  error: failure && failure.name + ': ' + failure.message,
  isOld,
  files: readdirSync(path.dirname(file)),
}));
`;

describe('A disk without room for a network', function () {
  const times = timesOr(2);
  this.timeout(60_000 + 5000 * times);
  let folder: string;
  let program: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tessera-disks-'));
    program = await programIn(folder, REPLACING);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Ways to have little room, as shell commands in front of the program; those that this machine does not have are left out. */
  const limits: Record<string, { front: (kilobytes: number) => string; reason: string }> = {
    // Blocks of 512 or 1,024 bytes, as the shell has it.
    'a limit on the size of files': { front: (kilobytes) => `ulimit -f ${kilobytes} &&`, reason: 'EFBIG' },
    'a full disk': {
      front: (kilobytes) => `mount -t tmpfs -o size=${kilobytes}k none "$1" &&`,
      reason: 'ENOSPC',
    },
  };
  for (const [title, { front, reason }] of Object.entries(limits)) {
    if (!isThere(front(64))) {
      console.log(`not run: a network saved under ${title}, because this machine does not allow it`);
      continue;
    }
    it(`is an error under ${title}, leaves the old file and nothing beside it`, () => {
      const random = new RandomStream(7);
      for (let i = 0; i < times; i++) {
        const kilobytes = 16 + random.integer(200);
        const size = 2 * Math.ceil(Math.sqrt((kilobytes * 1024) / 4)); // four times as much
        const { stdout, stderr } = under(front(kilobytes), ['mounted', 'net.safetensors'], String(size));
        const { error, isOld, files } = JSON.parse(stdout || JSON.stringify({ error: stderr })) as Report;
        expect(error).to.match(new RegExp(`^DataError: .*net.safetensors cannot be written.*${reason}`));
        expect(isOld).to.equal(true);
        expect(files).to.deep.equal(['net.safetensors']);
      }
      tellCounts({ refusals: times });
    });
  }

  interface Report {
    error?: string;
    isOld: boolean;
    files: string[];
  }

  /** Runs the program behind a shell command, where it may mount what nobody else sees. */
  function under(front: string, file: readonly string[], size: string) {
    const mounted = path.join(folder, 'mounted');
    const script = `mkdir -p "$1" && ${front} exec "$2" "$3" "$4" "$5"`;
    const args = [mounted, process.execPath, program, path.join(folder, ...file), size];
    return shell(front.startsWith('mount'), script, args);
  }
});

function isThere(front: string): boolean {
  return shell(front.startsWith('mount'), `${front} true`, [tmpdir()]).status === 0;
}

/** A shell of its own; with `apart`, one that may mount disks which nobody else sees. */
function shell(apart: boolean, script: string, args: readonly string[]) {
  const command = ['sh', '-c', script, 'sh', ...args];
  const [first, ...rest] = apart ? ['unshare', '--map-root-user', '--mount', ...command] : command;
  return spawnSync(first!, rest, { encoding: 'utf8' });
}
