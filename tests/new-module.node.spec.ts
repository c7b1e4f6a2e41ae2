// Keeps the templates of `npm run new:module` in step with the code: what it writes compiles, fails its spec as it
// should, and passes it once the reference is written.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';

const REPOSITORY = path.resolve(import.meta.dirname, '..');
const SOURCES = 'packages/modules/src';

describe('npm run new:module', function () {
  this.timeout(60_000);
  let workspace: string;

  before(() => {
    workspace = mkdtempSync(path.join(tmpdir(), 'tessera-new-module-'));
    mkdirSync(path.join(workspace, SOURCES), { recursive: true });
    mkdirSync(path.join(workspace, 'scripts'));
    // The list of names is read from all packages, which are not there.
    write('scripts/public-names.mjs', '');
    const scripts = readdirSync(path.join(REPOSITORY, 'scripts')).map((name) => `scripts/${name}`);
    for (const name of ['node_modules', '.mocharc.json', '.prettierrc.json', ...scripts])
      if (!existsSync(path.join(workspace, name)))
        symlinkSync(path.join(REPOSITORY, name), path.join(workspace, name), 'junction');
    write(`${SOURCES}/index.ts`, `export {} from './linear/linear.js';\nexport {} from './window/window.js';\n`);
    for (const name of ['linear', 'window']) {
      mkdirSync(path.join(workspace, SOURCES, name));
      write(`${SOURCES}/${name}/${name}.ts`, 'export {};\n');
    }
    const config = { extends: path.join(REPOSITORY, 'tsconfig.test.json'), include: ['packages'] };
    write('tsconfig.json', JSON.stringify({ ...config, compilerOptions: { rootDir: '/', typeRoots: [types] } }));
    write('package.json', '{ "type": "module" }');
  });
  after(() => rmSync(workspace, { recursive: true, force: true }));

  it('writes a folder and one line of the index, in order', () => {
    expect(newModule('soft-shrink', 'lambda=0.5').status).to.equal(0);
    expect(newModule('negate').status).to.equal(0);
    expect(read(`${SOURCES}/index.ts`).split('\n')).to.deep.equal([
      `export {} from './linear/linear.js';`,
      `export * from './negate/negate.js';`,
      `export * from './soft-shrink/soft-shrink.js';`,
      `export {} from './window/window.js';`,
      '',
    ]);
  });

  it('writes code that compiles, and is formatted', () => {
    expect(node('node_modules/@typescript/native/bin/tsc', '-p', '.').stdout).to.equal('');
    expect(node('node_modules/prettier/bin/prettier.cjs', '--check', SOURCES).status).to.equal(0);
  });

  it('writes a spec that asks for the reference', () => {
    const result = mocha();
    expect(result.status).to.be.greaterThan(0);
    expect(result.stdout).to.include('Write y of SoftShrink here, in float64');
    expect(result.stdout).to.include('Write y of Negate here, in float64');
  });

  it('writes modules that pass once the references are there', () => {
    for (const [name, y] of [
      ['soft-shrink', 'lambda * value'],
      ['negate', '-value'],
    ] as const) {
      const spec = `${SOURCES}/${name}/${name}.spec.ts`;
      write(spec, read(spec).replace(/map\(x, .*?\n {4}\}\)/s, `map(x, (value) => ${y})`));
    }
    const result = mocha();
    expect(result.status, result.stdout + result.stderr).to.equal(0);
  });

  it('refuses a name that is taken, one that is not kebab-case, and an option without its number', () => {
    expect(newModule('soft-shrink').stderr).to.include('is there already');
    expect(newModule('SoftShrink').stderr).to.include('expected kebab-case');
    expect(newModule('hard-shrink', 'lambda').stderr).to.include('expected a name and a number');
  });

  const types = path.join(REPOSITORY, 'node_modules/@types');
  const read = (file: string) => readFileSync(path.join(workspace, file), 'utf8');
  const write = (file: string, text: string) => writeFileSync(path.join(workspace, file), text);
  const newModule = (...args: string[]) => node('scripts/new-module.mjs', ...args);
  const mocha = () => node('node_modules/mocha/bin/mocha.js');

  function node(...args: string[]) {
    const { NODE_OPTIONS: _, SPEC: __, ...env } = process.env; // mocha's own must not reach the inner one
    return spawnSync(process.execPath, args, { cwd: workspace, env, encoding: 'utf8' });
  }
});
