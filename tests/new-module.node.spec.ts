// Keeps the templates of `npm run new:module` in step with the code: what it writes compiles, fails its spec as it
// should, and passes it once the reference is written.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';

const REPOSITORY = path.resolve(import.meta.dirname, '..');
const SOURCES = 'packages/modules/src';
const SPEC = `${SOURCES}/soft-shrink/soft-shrink.spec.ts`;

describe('npm run new:module', function () {
  this.timeout(60_000);
  let workspace: string;

  before(() => {
    workspace = mkdtempSync(path.join(tmpdir(), 'tessera-new-module-'));
    mkdirSync(path.join(workspace, SOURCES), { recursive: true });
    for (const name of ['node_modules', 'scripts', '.mocharc.json'])
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
    expect(newModule('soft-shrink').status).to.equal(0);
    expect(read(`${SOURCES}/index.ts`).split('\n')).to.deep.equal([
      `export {} from './linear/linear.js';`,
      `export * from './soft-shrink/soft-shrink.js';`,
      `export {} from './window/window.js';`,
      '',
    ]);
  });

  it('writes code that compiles', () => {
    const result = node('node_modules/@typescript/native/bin/tsc', '-p', '.');
    expect(result.stdout).to.equal('');
  });

  it('writes a spec that asks for the reference', () => {
    const result = mocha();
    expect(result.status).to.be.greaterThan(0);
    expect(result.stdout).to.include('Write y of SoftShrink here, in float64');
  });

  it('writes a module that passes once the reference is there', () => {
    write(SPEC, read(SPEC).replace(/map\(x, .*?\n {4}\}\)/s, 'map(x, (value) => value)'));
    const result = mocha();
    expect(result.status, result.stdout + result.stderr).to.equal(0);
  });

  it('refuses a name that is taken, and one that is not kebab-case', () => {
    expect(newModule('soft-shrink').stderr).to.include('is there already');
    expect(newModule('SoftShrink').stderr).to.include('expected kebab-case');
  });

  const types = path.join(REPOSITORY, 'node_modules/@types');
  const read = (file: string) => readFileSync(path.join(workspace, file), 'utf8');
  const write = (file: string, text: string) => writeFileSync(path.join(workspace, file), text);
  const newModule = (name: string) => node('scripts/new-module.mjs', name);
  const mocha = () => node('node_modules/mocha/bin/mocha.js');

  function node(...args: string[]) {
    const { NODE_OPTIONS: _, SPEC: __, ...env } = process.env; // mocha's own must not reach the inner one
    return spawnSync(process.execPath, args, { cwd: workspace, env, encoding: 'utf8' });
  }
});
