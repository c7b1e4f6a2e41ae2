// Runs, on wasm, every code block of the documentation that begins with "// runnable" and every @example of a doc comment,
// and compares what they print with the comments behind their console.log calls, one for each call, in order. A block that
// begins with the path of a file must stand in that file, word for word. All of them must pass the compiler.
//
// An example in a doc comment imports nothing: it gets the exports of tessera-nn that it names, and what it names of
// tests/example-world.ts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { expect } from 'chai';

const REPOSITORY = path.resolve(import.meta.dirname, '..');
const SAMPLE = /```ts\n(\/\/ runnable\n.*?)```/gs;
const QUOTE = /```ts\n\/\/ (\S+\.ts)\n(.*?)```/gs;
/** A row of the dictionary: what it is there, and the code here. */
const ROW = /^\|.*\| +`([^`]+)` +\|$/gm;
const DICTIONARY = 'docs/coming-from.md';
const EXAMPLE = /^ *\* @example *\n((?: *\*(?: (?!@).*)?\n)*)/gm;
const PRINTS = /console\.log\(.*\); \/\/ (.*)$/gm;

interface Sample {
  /** The file in which it stands, and the line. */
  readonly title: string;
  readonly code: string;
  /** Whether one that prints must say what; default true. */
  readonly checksAll?: boolean;
}

const read = (file: string) => readFileSync(path.join(REPOSITORY, file), 'utf8');
const list = (folder: string) => readdirSync(path.join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' });
const found = (file: string, pattern: RegExp) =>
  [...read(file).matchAll(pattern)].map((match) => ({
    title: `${file}, line ${match.input.slice(0, match.index).split('\n').length}`,
    match,
  }));

const packages = readdirSync(path.join(REPOSITORY, 'packages'));
const pages = [
  ...list('docs').map((file) => `docs/${file}`),
  'README.md',
  'CONTRIBUTING.md',
  ...packages.flatMap((name) => list(`packages/${name}`).map((file) => `packages/${name}/${file}`)),
].filter((file) => file.endsWith('.md') && !file.includes('node_modules'));
const sources = packages
  .flatMap((name) => list(`packages/${name}/src`).map((file) => `packages/${name}/src/${file}`))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));

/** What a user may import, types as well. */
const exported = read('tests/public-names.txt')
  .split('\n\n')[0]!
  .split('\n')
  .slice(1) // the name of the package
  .map((line) => line.trim());
const world = [...read('tests/example-world.ts').matchAll(/^ {4}(\w+)[:,]/gm)].map(([, name]) => name!);

function inItsWorld(code: string): string {
  const declared = [...code.matchAll(/\b(?:const|let|class|function|type) (?:[[{]([^\]}]*)[\]}]|(\w+))/g)]
    .flatMap(([, several, one]) => several?.split(',') ?? [one!])
    .map((name) => name.trim());
  const named = (name: string) =>
    new RegExp(`(?<!\\w|(?<!\\.\\.)\\.)${name}\\b`).test(code) && !declared.includes(name);
  return [
    `import * as tf from '@tensorflow/tfjs-core';`,
    `import { ${exported.filter((entry) => named(entry.replace('type ', ''))).join(', ')} } from 'tessera-nn';`,
    `import { world } from '../../tests/example-world.js';`,
    `const { ${world.filter(named).join(', ')} } = await world();`,
    code,
  ].join('\n');
}

describe('the samples of the documentation', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(path.join(REPOSITORY, 'docs/.samples-')); // the packages are found as from anywhere else here
  after(() => rmSync(folder, { recursive: true, force: true }));

  const ran = new Set<string>(); // those of the pages in other languages are, word for word, those of the English ones
  for (const page of pages) {
    for (const { title, match } of found(page, QUOTE)) {
      it(`${title}, is what stands in ${match[1]}`, () => {
        expect(read(match[1]!)).to.contain(match[2]);
      });
    }
    for (const { title, match } of found(page, SAMPLE)) {
      if (!ran.has(match[1]!)) runs({ title, code: match[1]! });
      ran.add(match[1]!);
    }
  }
  for (const source of sources)
    for (const { title, match } of found(source, EXAMPLE))
      runs({ title, code: inItsWorld(match[1]!.replace(/^ *\* ?/gm, '')), checksAll: false });
  for (const { title, match } of found(DICTIONARY, ROW))
    runs({ title: `${title}, ${match[1]}`, code: inItsWorld(match[1]!), checksAll: false });

  function runs({ title, code, checksAll = true }: Sample): void {
    const file = path.join(folder, `${title.replace(/\W+/g, '-')}.ts`);
    writeFileSync(file, code);
    it(title, async () => {
      const printed: string[] = [];
      const { log } = console;
      const home = process.cwd();
      console.log = (...values) => void printed.push(format(...values));
      process.chdir(folder); // for those that write files
      try {
        await import(pathToFileURL(file).href);
      } finally {
        console.log = log;
        process.chdir(home);
      }
      const expected = [...code.matchAll(PRINTS)].map(([, comment]) => comment);
      if (expected.length > 0 || checksAll) expect(printed).to.deep.equal(expected);
    });
  }

  it('stand beside tables, plots and formulas that are fresh', () => {
    const options = ['--conditions=tessera-source', '--import', 'tsx/esm'];
    const { stderr } = spawnSync(process.execPath, [...options, 'scripts/docs/generate.ts', '--check'], {
      encoding: 'utf8',
      cwd: REPOSITORY,
    });
    expect(stderr).to.equal('');
  });

  it('are what TypeScript accepts', () => {
    const project = { extends: '../../tsconfig.test.json', include: ['*.ts'] };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(project));
    const { stdout } = spawnSync('npx', ['tsc', '-p', folder], { encoding: 'utf8', cwd: REPOSITORY });
    expect(stdout).to.equal('');
  });
});
