import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Printed {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the example as a user does and returns what it printed. */
const npmStart = (...args: string[]) => printedBy('npm', 'start', '--silent', ...args);

/** Runs what `npm start` runs; npm takes longer than what is asked here, and is started twice. */
const start = (...args: string[]) =>
  printedBy(
    process.execPath,
    ...['--conditions=tessera-source', '--import', 'tsx/esm', path.join(import.meta.dirname, 'mnist.ts'), ...args],
  );

function printedBy(command: string, ...args: string[]): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, NODE_OPTIONS: '' } });
    const printed = { out: '', err: '' };
    child.stdout.on('data', (text: Buffer) => (printed.out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (printed.err += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...printed }));
  });
}

/** The last accuracy on unseen digits, in percent. */
function accuracy(out: string): number {
  return Number([...out.matchAll(/([\d.]+) % of unseen digits right/g)].at(-1)?.[1]);
}

describe('npm start', function () {
  this.timeout(300_000);

  it('learns synthetic digits to 97 % of unseen ones', async () => {
    const { code, out, err } = await npmStart();
    expect(code, err).to.equal(0);
    expect(accuracy(out)).to.be.at.least(97);
    expect(out)
      .to.match(/images\/s/)
      .and.match(/838858 weights on wasm; 6000 synthetic digits/);
  });

  it('learns real digits to 97 % within 4 epochs, where TESSERA_MNIST names their folder', async () => {
    const folder = process.env.TESSERA_MNIST;
    if (!folder) console.log('      TESSERA_MNIST names no folder: checking on synthetic digits instead');
    const { code, out, err } = folder
      ? await start('--data', folder, '--epochs', '4')
      : await start('--count', '1500', '--epochs', '1', '--batch', '32', '--seed', '3');
    expect(code, err).to.equal(0);
    expect(accuracy(out)).to.be.at.least(folder ? 97 : 90);
  });

  it('says what is wrong with a folder without digits, a backend, an option', async () => {
    const empty = await mkdtemp(path.join(tmpdir(), 'tessera-'));
    const noFiles = await npmStart('--', '--data', path.relative('.', empty)); // as seen from here, not from the example's folder
    await rm(empty, { recursive: true });
    expect(noFiles.code).to.equal(1);
    expect(noFiles.err).to.contain('DataError').and.contain('train-images-idx3-ubyte').and.contain(empty);
    const noBackend = await start('--backend', 'wams');
    expect(noBackend.code).to.equal(1);
    expect(noBackend.err).to.contain('BackendError').and.contain('Did you mean "wasm"?');
    const noOption = await start('--epoch', '2');
    expect(noOption.code).to.equal(1);
    expect(noOption.err).to.contain('Did you mean --epochs?');
    const noCount = await start('--batch', 'many');
    expect(noCount.code).to.equal(1);
    expect(noCount.err).to.contain('whole number from 1');
    const tooMany = await start('--count', '1e8');
    expect(tooMany.code).to.equal(1);
    expect(tooMany.err).to.contain('ValueError: 100001000 digits').and.contain('at most');
  });

  it('says that options come behind --, which npm keeps to itself otherwise', async () => {
    for (const args of [['--epochs', '4'], ['--count=1500']]) {
      const { code, err } = await npmStart(...args);
      expect(code).to.equal(1);
      expect(err).to.contain(`npm start -- ${args[0]!.split('=')[0]}`);
    }
    const { code, err } = await start('4');
    expect(code).to.equal(1);
    expect(err).to.contain('too many arguments');
  });
});
