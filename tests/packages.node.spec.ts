// Packs every public package, unpacks the tarballs into a folder of their own, and uses them there as a user would: with
// nothing of this repository in sight but the dependencies the packages declare. Needs a build; `npm run test:packages`.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
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
import { build, type Metafile } from 'esbuild';

interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
}

const REPOSITORY = path.resolve(import.meta.dirname, '..');
const manifestIn = (folder: string) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
const published = readdirSync(path.join(REPOSITORY, 'packages'))
  .map((name) => path.join(REPOSITORY, 'packages', name))
  .filter((folder) => !manifestIn(folder).private)
  .map(manifestIn);
const names = published.map(({ name }) => name);

const TRAINING = `
import { Linear, MSE, PRelu, Sequential, SGD, startBackend, Variable } from 'tessera-nn';

await startBackend('wasm');
const net = new Sequential().append(new Linear(2, 8)).append(new PRelu(8)).append(new Linear(8, 1));
const optimizer = new SGD(0.1);
optimizer.setupOn(net);
const cost = new MSE();
const inputs = new Variable([[0, 0], [0, 1], [1, 0], [1, 1]]);
const targets = new Variable([[0], [1], [1], [0]]);
const losses = [];
for (let step = 0; step < 20; step++) {
  const loss = cost.forward(net.forward(inputs), targets);
  losses.push(await loss.item());
  optimizer.zeroGradParams();
  loss.backward();
  optimizer.update();
}
console.log(JSON.stringify(losses));
`;

const CONSUMER = `
import { PRelu, type PReluOptions } from '@tessera-nn/modules';
import { Variable } from 'tessera-nn';

const options: PReluOptions = { maps: 3 };
const activation: PRelu = new PRelu(options);
export const output: Variable = activation.forward(new Variable([[1, -1, 0]]));
// @ts-expect-error maps is a number
export const wrong = new PRelu('3');
`;

describe('the packed packages', function () {
  this.timeout(120_000);
  let consumer: string;
  const installed = (name: string) => path.join(consumer, 'node_modules', name);

  before(() => {
    consumer = mkdtempSync(path.join(tmpdir(), 'tessera-packages-'));
    writeFileSync(path.join(consumer, 'package.json'), '{ "type": "module" }');
    run(
      'npm',
      ['pack', '--silent', '--ignore-scripts', '--pack-destination', consumer, ...names.map((n) => `-w=${n}`)],
      {
        cwd: REPOSITORY,
      },
    );
    for (const { name, version } of published) {
      mkdirSync(installed(name), { recursive: true });
      const tarball = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
      run('tar', ['-xzf', tarball, '-C', installed(name), '--strip-components=1']);
    }
    const dependencies = new Set(names.flatMap((name) => Object.keys(manifestIn(installed(name)).dependencies ?? {})));
    for (const dependency of [...dependencies].filter((name) => !names.includes(name))) {
      mkdirSync(path.dirname(installed(dependency)), { recursive: true });
      symlinkSync(path.join(REPOSITORY, 'node_modules', dependency), installed(dependency), 'junction');
    }
  });
  after(() => rmSync(consumer, { recursive: true, force: true }));

  for (const name of names) {
    describe(name, () => {
      it('imports alone, exports something, and says nothing', () => {
        const { stdout, stderr } = node(`console.log(Object.keys(await import('${name}')).length)`);
        expect(stderr).to.equal('');
        expect(Number(stdout)).to.be.greaterThan(0);
      });

      it('asks for the versions of its siblings that are packed with it', () => {
        const wanted = Object.entries(manifestIn(installed(name)).dependencies ?? {});
        for (const [dependency, version] of wanted.filter(([other]) => names.includes(other)))
          expect(version, dependency).to.equal(manifestIn(installed(dependency)).version);
      });

      it('brings the license and a README that says how to install it', () => {
        const text = (file: string) => readFileSync(path.join(installed(name), file), 'utf8');
        expect(text('LICENSE')).to.equal(readFileSync(path.join(REPOSITORY, 'LICENSE'), 'utf8'));
        expect(text('README.md')).to.contain(`npm install ${name}`);
      });

      it('declares nothing that is internal', () => {
        const declarations = readdirSync(installed(name), { recursive: true, encoding: 'utf8' });
        const telling = declarations
          .filter((file) => file.startsWith('dist') && file.endsWith('.d.ts'))
          .filter((file) => readFileSync(path.join(installed(name), file), 'utf8').includes('@internal'));
        expect(telling).to.deep.equal([]);
      });

      it('holds sources and what was built from them, and no specs', () => {
        const files = readdirSync(installed(name), { recursive: true, encoding: 'utf8' });
        expect(files.filter((file) => /\.(spec|golden)\.|tsbuildinfo/.test(file))).to.deep.equal([]);
        const sourceOf = (file: string) => file.replace(/^dist/, 'src').replace(/\.js$/, '.ts');
        const built = files.filter((file) => /^dist.*\.js$/.test(file) && !file.endsWith('.min.js'));
        expect(built).to.not.be.empty;
        expect(built.filter((file) => !existsSync(path.join(installed(name), sourceOf(file))))).to.deep.equal([]);
      });
    });
  }

  it('train on wasm, and say nothing', () => {
    const { stdout, stderr } = node(TRAINING);
    expect(stderr).to.equal('');
    const losses = JSON.parse(stdout) as number[];
    expect(losses.at(-1)).to.be.lessThan(losses[0]!);
  });

  it('bring a command line', () => {
    const folder = installed('tessera-nn');
    const { bin } = manifestIn(folder);
    const { stdout } = run(process.execPath, [path.join(folder, bin!['tessera-nn']!)]);
    expect(stdout).to.contain('tessera-nn inspect FILE');
  });

  it('train in an ES module that esbuild made for Node as the documentation says', async () => {
    const guide = readFileSync(path.join(REPOSITORY, 'docs/getting-started.md'), 'utf8');
    const [, banner] = /--banner:js="(.*)"/.exec(guide)!;
    const outfile = path.join(consumer, 'dist', 'train.mjs');
    await build({
      stdin: { contents: TRAINING, resolveDir: consumer },
      ...{ bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'silent' },
      banner: { js: banner! },
    });
    const wasm = path.join(REPOSITORY, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
    for (const file of readdirSync(wasm).filter((name) => name.endsWith('.wasm')))
      copyFileSync(path.join(wasm, file), path.join(consumer, 'dist', file));
    const { stdout, stderr } = run(process.execPath, [outfile]);
    expect(stderr).to.equal('');
    const losses = JSON.parse(stdout) as number[];
    expect(losses.at(-1)).to.be.lessThan(losses[0]!);
  });

  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    it(`type-check in a strict project of ${moduleResolution}, with no declaration skipped`, () => {
      writeFileSync(path.join(consumer, 'consumer.ts'), CONSUMER);
      const lib = 'es2022,dom,dom.iterable,esnext.disposable';
      const how = ['--module', module, '--moduleResolution', moduleResolution, '--target', 'es2022', '--lib', lib];
      const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--types', ''];
      const compiler = path.join(REPOSITORY, 'node_modules/@typescript/native/bin/tsc');
      const { stdout } = spawnSync(process.execPath, [compiler, ...strict, ...how, 'consumer.ts'], {
        cwd: consumer,
        encoding: 'utf8',
      });
      // Those of tfjs, of WebGPU, which it brings along, and of the browser, which these contradict, do not pass.
      const foreign = /node_modules\/(@tensorflow|@webgpu|@typescript)\//;
      const faults = stdout.split('\n').filter((line) => line.includes('error TS') && !foreign.test(line));
      expect(faults).to.deep.equal([]);
    });
  }

  it('leave out of a browser bundle of PRelu what PRelu does not need', async () => {
    const metafile = await bundled(
      `import { PRelu } from '@tessera-nn/modules'; globalThis.activation = new PRelu(3);`,
    );
    const used = loadedAtOnce(metafile).map((file) => file.replace(/^.*node_modules\//, ''));
    const foreign =
      /^@tessera-nn\/(handlers|data|optim|cost|containers)\/|^@tessera-nn\/modules\/dist\/(?!prelu\/|inplace\/|window\/)/;
    expect(used.some((file) => file.includes('modules/dist/prelu/'))).to.equal(true);
    expect(used.filter((file) => foreign.test(file))).to.deep.equal([]);
  });

  it('leave all of WebAssembly out of a page until it starts', async () => {
    const metafile = await bundled(`import { startBackend } from 'tessera-nn'; await startBackend('webgl');`);
    const bytes = /tfjs-backend-wasm\/|companion\.bytes/;
    expect(loadedAtOnce(metafile).filter((file) => bytes.test(file))).to.deep.equal([]);
    expect(Object.keys(metafile.inputs).filter((file) => bytes.test(file))).to.not.be.empty;
  });

  it('leave h5wasm out of a page until an HDF5 file is written', async () => {
    const metafile = await bundled(`import { load, saveHdf5 } from 'tessera-nn'; globalThis.io = [load, saveHdf5];`);
    const used = loadedAtOnce(metafile);
    expect(used.some((file) => file.includes('io/dist/checkpoint/load'))).to.equal(true);
    expect(used.filter((file) => file.includes('h5wasm') || file.includes('.node.'))).to.deep.equal([]);
    expect(Object.keys(metafile.inputs).some((file) => file.includes('h5wasm'))).to.equal(true);
  });

  /** A program as a page's bundle. */
  async function bundled(contents: string): Promise<Metafile> {
    const { metafile } = await build({
      stdin: { contents, resolveDir: consumer },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      mainFields: ['browser', 'module', 'main'],
      outdir: consumer,
      write: false,
      metafile: true,
      logLevel: 'silent',
      splitting: true, // the backends are imported when they are asked for
    });
    return metafile;
  }

  /** The sources in the entry and in every chunk that it imports statically. */
  function loadedAtOnce({ outputs }: Metafile): string[] {
    const loaded = new Set(Object.keys(outputs).filter((file) => outputs[file]!.entryPoint === '<stdin>'));
    for (const file of loaded)
      for (const { path: chunk, kind } of outputs[file]!.imports) if (kind === 'import-statement') loaded.add(chunk);
    return [...loaded].flatMap((file) =>
      Object.entries(outputs[file]!.inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([source]) => source),
    );
  }

  function node(script: string): { stdout: string; stderr: string } {
    return run(process.execPath, ['--input-type=module', '--eval', script]);
  }

  function run(command: string, args: string[], { cwd = consumer } = {}): { stdout: string; stderr: string } {
    const { NODE_OPTIONS: _, ...env } = process.env; // mocha's loader and conditions must not reach the user's process
    const result = spawnSync(command, args, {
      cwd,
      env,
      encoding: 'utf8',
      shell: command === 'npm' && process.platform === 'win32',
    });
    expect(result.status, `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`).to.equal(0);
    return result;
  }
});
