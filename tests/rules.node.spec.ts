// Proves that the layer rules fire: plants one violation of each in a throwaway workspace. Not about our own sources;
// `npm run lint` holds those against the same rules.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';

const REPOSITORY = path.resolve(import.meta.dirname, '..');

const SOUND = {
  'packages/kernels/src/index.ts': `export * from './kernel.js';`,
  'packages/kernels/src/kernel.ts': `import '@tensorflow/tfjs-backend-wasm'; export const kernel = 1;`,
  'packages/core/src/index.ts': `export * from './core.js';`,
  'packages/core/src/core.ts': `import { kernel } from '@tessera-nn/kernels'; import '@tensorflow/tfjs-core'; export const core = kernel;`,
  'packages/core/src/internal.ts': `export * from './core.js';`,
  'packages/core/src/files.node.ts': `import 'node:fs';`,
  'packages/core/src/type-a.ts': `import type { B } from './type-b.js'; export interface A { b: B }`,
  'packages/core/src/type-b.ts': `import { type A } from './type-a.js'; import { core } from './core.js'; export interface B { a: A } export const b = core;`,
  'packages/cost/src/index.ts': `export * from './mse/mse.js';`,
  'packages/cost/src/mse/mse.ts': `export const mse = 1;`,
  'packages/cost/src/mse/mse.spec.ts': `import { expect } from 'chai'; import '@tessera-nn/modules'; import '@tessera-nn/testing'; expect(1);`,
  'packages/optim/src/index.ts': `export * from './sgd/sgd.js';`,
  'packages/optim/src/sgd/sgd.ts': `import '@tessera-nn/core/internal'; export const sgd = 1;`,
  'packages/optim/src/sgd/sgd.spec.ts': `export {};`,
  'packages/handlers/src/index.ts': `export * from './trainer.js';`,
  'packages/handlers/src/trainer.ts': `import type { mse } from '@tessera-nn/cost'; import '@tessera-nn/optim'; export type M = typeof mse;`,
  'packages/testing/src/index.ts': `export {};`,
  'packages/modules/src/index.ts': `export * from './prelu/prelu.js';`,
  'packages/modules/src/prelu/prelu.ts': `import './prelu.op.js'; export const prelu = 1;`,
  'packages/modules/src/prelu/prelu.op.ts': `export const op = 1;`,
  'packages/modules/src/prelu/prelu.spec.ts': `import './prelu.op.js';`,
  'packages/modules/src/block/block.ts': `import '../prelu/prelu.js'; import '../window/geometry.js';`,
  'packages/modules/src/window/geometry.ts': `export {};`,
  'packages/modules/src/window/geometry.spec.ts': `export {};`,
  'packages/modules/src/block/block.spec.ts': `export {};`,
};

/** Rule, file that breaks it, its text. */
const IMPORT_FAULTS = [
  ['layers-kernels', 'packages/kernels/src/up.ts', `import '@tessera-nn/core';`],
  [
    'layers-core',
    'packages/core/src/up.ts',
    `import type { prelu } from '@tessera-nn/modules'; export type P = typeof prelu;`,
  ],
  ['layers-core', 'packages/core/src/lazy.ts', `export const later = () => import('@tessera-nn/modules');`],
  ['layers-modules', 'packages/modules/src/prelu/side.ts', `import '@tessera-nn/cost';`],
  ['layers-modules', 'packages/modules/src/prelu/tests.ts', `import '@tessera-nn/testing';`],
  ['layers-modules-spec', 'packages/modules/src/prelu/up.spec.ts', `import '@tessera-nn/cost';`],
  ['layers-handlers-types', 'packages/handlers/src/values.ts', `import { mse } from '@tessera-nn/cost'; mse;`],
  ['no-cycle', 'packages/core/src/cycle-a.ts', `import './cycle-b.js';`], // reported once, at its first file
  [
    '',
    'packages/core/src/cycle-b.ts',
    `import type * as a from './cycle-a.js'; import './cycle-c.js'; export type A = typeof a;`,
  ],
  ['', 'packages/core/src/cycle-c.ts', `import './cycle-a.js';`],
  ['no-deep-import', 'packages/core/src/deep.ts', `import '../../kernels/src/kernel.js';`],
  ['no-relative-import-of-package', 'packages/core/src/path.ts', `import '../../kernels/src/index.js';`],
  ['no-module-internals', 'packages/modules/src/block/inside.ts', `import '../prelu/prelu.op.js';`],
  ['no-spec-import', 'packages/modules/src/prelu/uses-spec.ts', `import './prelu.spec.js';`],
  ['no-tfjs-backend', 'packages/core/src/backend.ts', `import '@tensorflow/tfjs-backend-wasm';`],
  ['no-tfjs-backend', 'packages/core/src/gradients.ts', `import '@tensorflow/tfjs-core/dist/register_all_gradients';`],
  ['no-node-core', 'packages/core/src/reads.ts', `import 'node:fs';`],
  ['no-node-core', 'packages/core/src/reads.spec.ts', `import 'node:fs';`],
  ['no-undeclared', 'packages/core/src/undeclared.ts', `import 'esbuild';`],
  ['no-undeclared', 'packages/core/src/test-tool.ts', `import 'chai';`],
  ['no-undeclared-spec', 'packages/core/src/undeclared.spec.ts', `import 'esbuild';`],
  ['no-unresolvable', 'packages/core/src/lost.ts', `import './nowhere.js';`],
] as const;

/** What check-structure has to say, file that makes it say so, its text. */
const STRUCTURE_FAULTS = [
  ['LICENSE: is missing', '', ''],
  ['tsconfig.json: add { "path": "packages/extra" }', 'packages/extra/package.json', `{ "name": "@tessera-nn/extra" }`],
  ['packages/extra/package.json: "extra" has no row', 'packages/extra/src/index.ts', ''],
  ['packages/data/package.json: depends on @tessera-nn/cost', 'packages/data/src/index.ts', ''],
  ['packages/data/tsconfig.json: "references" are none, the dependencies in package.json are cost', '', ''],
  ['README.md: has no reading list', '', ''],
  ['packages/core/package.json: "license" is not what the root says', '', ''],
  ['packages/core/README.md: stands alone on npm and lacks "npm install @tessera-nn/core"', '', ''],
  ['packages/core/src/long.ts: has 401 lines', 'packages/core/src/long.ts', '\n'.repeat(401)],
  ['packages/core/src/shape-utils.ts: name it', 'packages/core/src/shape-utils.ts', ''],
  [
    'packages/core/src/memory/index.ts: an index.ts only re-exports; found: export const',
    'packages/core/src/memory/index.ts',
    'export const a = 1;',
  ],
  [
    'packages/cost/src/internal.ts: an internal.ts only re-exports; found: const',
    'packages/cost/src/internal.ts',
    'const a = 1;',
  ],
  [
    `packages/core/src/only.spec.ts:2: it.${'only'}(`,
    'packages/core/src/only.spec.ts',
    `\nit.${'only'}('a', () => {});`,
  ],
  [
    `packages/core/src/skip.spec.ts:1: describe.${'skip'}(`,
    'packages/core/src/skip.spec.ts',
    `describe.${'skip'}('a', () => {});`,
  ],
  ['packages/modules/src/bare: has no spec', 'packages/modules/src/bare/bare.ts', ''],
] as const;

const DEPENDENCIES: Record<string, string[]> = {
  kernels: ['@tensorflow/tfjs-backend-wasm'],
  core: ['@tessera-nn/kernels', '@tensorflow/tfjs-core'],
  modules: ['@tessera-nn/core', '@tessera-nn/kernels'],
  cost: ['@tessera-nn/core'],
  optim: ['@tessera-nn/core'],
  handlers: ['@tessera-nn/core', '@tessera-nn/cost', '@tessera-nn/optim'],
  testing: ['@tessera-nn/core'],
  data: ['@tessera-nn/cost'],
};

describe('the rules of structure', function () {
  this.timeout(60_000);
  let workspace: string;

  before(() => {
    workspace = mkdtempSync(path.join(tmpdir(), 'tessera-rules-'));
    mkdirSync(path.join(workspace, 'node_modules/@tessera-nn'), { recursive: true });
    for (const name of ['@tensorflow', 'chai', 'esbuild']) link(path.join(REPOSITORY, 'node_modules', name), name);
    for (const [name, dependencies] of Object.entries(DEPENDENCIES)) {
      const entries = Object.fromEntries(dependencies.map((dependency) => [dependency, '*']));
      const exports = {
        '.': { 'tessera-source': './src/index.ts' },
        './internal': { 'tessera-source': './src/internal.ts' },
      };
      write(
        `packages/${name}/package.json`,
        JSON.stringify({ name: `@tessera-nn/${name}`, exports, dependencies: entries }),
      );
      const references = dependencies
        .filter((d) => d.startsWith('@tessera-nn/'))
        .map((d) => ({ path: d.replace('@tessera-nn', '..') }));
      write(`packages/${name}/tsconfig.json`, JSON.stringify(name === 'data' ? {} : { references }));
      link(path.join(workspace, 'packages', name), `@tessera-nn/${name}`);
    }
    const references = Object.keys(DEPENDENCIES).map((name) => ({ path: `packages/${name}` }));
    write('package.json', JSON.stringify({ license: 'Apache-2.0', keywords: [] }));
    write('tsconfig.json', JSON.stringify({ references }));
    for (const [file, text] of Object.entries(SOUND)) write(file, text);
  });
  after(() => rmSync(workspace, { recursive: true, force: true }));

  describe('about imports', () => {
    let violations: Map<string, string[]>;
    before(() => {
      for (const [, file, text] of IMPORT_FAULTS) write(file, text);
      violations = cruise('.dependency-cruiser.cjs', 'scripts/cycles.depcruise.cjs');
      for (const [, file] of IMPORT_FAULTS) rmSync(path.join(workspace, file));
    });

    for (const [rule, file, text] of IMPORT_FAULTS.filter(([name]) => name))
      it(`${rule} fires on ${file}: ${text.split(';')[0]}`, () => {
        expect(violations.get(file)).to.include(rule);
      });

    it('leaves sound files alone', () => {
      expect(Object.keys(SOUND).filter((file) => violations.has(file))).to.deep.equal([]);
    });
  });

  describe('about files and packages', () => {
    let said: string;
    before(() => {
      for (const [, file, text] of STRUCTURE_FAULTS) if (file) write(file, text);
      const result = spawnSync(process.execPath, [path.join(REPOSITORY, 'scripts/check-structure.mjs')], {
        cwd: workspace,
        encoding: 'utf8',
      });
      said = result.stderr;
      expect(result.status).to.equal(1);
    });

    for (const [message] of STRUCTURE_FAULTS)
      it(`says "${message}"`, () => {
        expect(said).to.include(message);
      });

    it('leaves sound files alone', () => {
      for (const file of Object.keys(SOUND)) expect(said).not.to.include(`${file}:`);
    });
  });

  function write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(workspace, file)), { recursive: true });
    writeFileSync(path.join(workspace, file), text);
  }

  function link(target: string, name: string): void {
    symlinkSync(target, path.join(workspace, 'node_modules', name), 'junction');
  }

  /** @returns the rules broken, by file */
  function cruise(...configs: string[]): Map<string, string[]> {
    const broken = new Map<string, string[]>();
    const tool = path.join(REPOSITORY, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    for (const config of configs.map((file) => path.join(REPOSITORY, file))) {
      const { stdout, stderr } = spawnSync(process.execPath, [tool, 'packages', '--config', config, '-T', 'json'], {
        cwd: workspace,
        encoding: 'utf8',
      });
      expect(stderr).to.equal('');
      const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
      for (const { from, rule } of summary.violations) broken.set(from, [...(broken.get(from) ?? []), rule.name]);
    }
    return broken;
  }
});
