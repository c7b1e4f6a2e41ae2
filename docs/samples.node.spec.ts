// Runs every code block of the documentation that begins with "// runnable", on wasm, and compares what it prints with
// the comments behind its console.log calls, one for each call, in order. A block that begins with the path of a file must
// stand in that file, word for word. All of them must pass the compiler.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { expect } from 'chai';

const FOLDER = import.meta.dirname;
const SAMPLE = /```ts\n(\/\/ runnable\n.*?)```/gs;
const QUOTE = /```ts\n\/\/ (\S+\.ts)\n(.*?)```/gs;
const PRINTS = /console\.log\(.*\); \/\/ (.*)$/gm;

const pages = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.md'))
  .concat('../CONTRIBUTING.md');

describe('the samples of the documentation', function () {
  this.timeout(60_000);
  let scratch: string;
  const samples = new Map<string, string>();
  // Below this folder, so that the packages are found as from anywhere else in the repository.
  before(() => (scratch = mkdtempSync(path.join(FOLDER, '.samples-'))));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  for (const page of pages) {
    const text = readFileSync(path.join(FOLDER, page), 'utf8');
    const lineAt = (index: number) => text.slice(0, index).split('\n').length;
    for (const { 1: file = '', 2: code = '', index } of text.matchAll(QUOTE)) {
      it(`${page}, line ${lineAt(index)}, is what stands in ${file}`, () => {
        expect(readFileSync(path.join(FOLDER, '..', file), 'utf8')).to.contain(code);
      });
    }
    for (const { 1: code = '', index } of text.matchAll(SAMPLE)) {
      const line = lineAt(index);
      const name = `${path.basename(page, '.md')}-${line}.ts`;
      samples.set(name, code);
      it(`${page}, line ${line}`, async () => {
        const file = path.join(scratch, name);
        writeFileSync(file, code);
        const printed: string[] = [];
        const { log } = console;
        console.log = (...values) => void printed.push(format(...values));
        try {
          await import(pathToFileURL(file).href);
        } finally {
          console.log = log;
        }
        expect(printed).to.deep.equal([...code.matchAll(PRINTS)].map(([, expected]) => expected));
      });
    }
  }

  it('are what TypeScript accepts', () => {
    for (const [name, code] of samples) writeFileSync(path.join(scratch, name), code);
    const project = { extends: '../../tsconfig.test.json', include: ['*.ts'] };
    writeFileSync(path.join(scratch, 'tsconfig.json'), JSON.stringify(project));
    const { stdout } = spawnSync('npx', ['tsc', '-p', scratch], { encoding: 'utf8', cwd: path.join(FOLDER, '..') });
    expect(stdout).to.equal('');
  });
});
