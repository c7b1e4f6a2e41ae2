import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BackendChoice } from './backend.js';

const index = fileURLToPath(new URL('./index.ts', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs a program in a Node of its own, where nothing was started yet; gives what it printed, however it ended. */
async function fresh(program: string): Promise<{ stdout: string; stderr: string }> {
  const source = `
    import * as kernels from ${JSON.stringify(index)};
    import { tensor, engine } from '@tensorflow/tfjs-core';
    ${program}`;
  const options = ['--conditions=tessera-source', '--import=tsx/esm', '--input-type=module', '--eval', source];
  const run = promisify(execFile)(process.execPath, options, { cwd: root, encoding: 'utf8' });
  return run.catch((error: { stdout: string; stderr: string }) => error);
}

interface Facts {
  backendsBefore: string[];
  started: string;
  current: string;
  sum: number[];
  listenersAdded: number[];
  ownListenerStays: boolean;
}

describe('startBackend in a Node of its own', () => {
  let wasm: { stdout: string; stderr: string };
  let cpu: { stdout: string; stderr: string };
  let failing: { stdout: string; stderr: string };
  const facts = () => JSON.parse(wasm.stdout) as Facts;

  before(async () => {
    [wasm, cpu, failing] = await Promise.all([
      fresh(`
        const listeners = () => ['uncaughtException', 'unhandledRejection'].map((event) => process.listeners(event));
        const own = () => {};
        process.on('uncaughtException', own);
        const before = listeners();
        const backendsBefore = engine().backendNames();
        const started = await kernels.startBackend();
        const after = listeners();
        const y = kernels.runKernel(kernels.addKernel, { a: tensor([1, 2]), b: tensor([3, 4]) }, {});
        console.log(JSON.stringify({
          backendsBefore,
          started,
          current: kernels.currentBackend(),
          sum: [...await y.data()],
          listenersAdded: after.map((list, i) => list.length - before[i].length),
          ownListenerStays: after[0].includes(own),
        }));`),
      fresh(`
        await kernels.startBackend('cpu');
        console.log(kernels.currentBackend(), ...await tensor([1, 2]).data());`),
      fresh(`
        try {
          kernels.assertBackend();
        } catch (error) {
          console.log(error.message);
        }
        await kernels.startBackend('wasm');
        kernels.assertBackend();
        throw new kernels.ShapeError('on purpose').within('module 1');`),
    ]);
  });

  it('loads no backend before one is asked for', () => {
    expect(facts().backendsBefore).to.deep.equal([]);
  });

  it('starts wasm as the automatic choice and prints nothing', () => {
    expect(facts()).to.deep.include({ started: 'wasm', current: 'wasm', sum: [4, 6] });
    expect(wasm.stderr).to.equal('');
  });

  it('takes off the listeners that tfjs puts on the process, and no others', () => {
    expect(facts()).to.deep.include({ listenersAdded: [0, 0], ownListenerStays: true });
  });

  it('starts cpu without the banner that tfjs prints on its first write', () => {
    expect(cpu).to.deep.include({ stdout: 'cpu 1 2\n', stderr: '' });
  });

  it('starts once where it is asked twice at once', async () => {
    const { stdout } = await fresh(`
      console.log(...await Promise.all([kernels.startBackend('wasm'), kernels.startBackend('wasm')]));`);
    expect(stdout).to.equal('wasm wasm\n');
  });

  it('starts after a start that failed, and takes a folder with or without a slash', async () => {
    const { stdout } = await fresh(`
      import { createRequire } from 'node:module';
      import { dirname } from 'node:path';
      console.error = console.warn = () => undefined;
      const folder = dirname(createRequire(${JSON.stringify(index)}).resolve('@tensorflow/tfjs-backend-wasm'));
      for (const wasmPath of ['/nowhere/', '/nowhere', folder]) {
        await kernels.startBackend('wasm', { wasmPath }).then(console.log, (error) => console.log(error.name));
      }
      console.log(...await tensor([1, 2]).data());`);
    expect(stdout).to.equal('BackendError\nBackendError\nwasm\n1 2\n');
  });

  it('goes on to cpu where wasm does not start, and says why in one line and when asked', async () => {
    const { stdout, stderr } = await fresh(`
      console.log(await kernels.startBackend('auto', { wasmPath: '/nowhere' }));
      console.log(JSON.stringify(kernels.backendChoice()));`);
    const [name, choice] = stdout.split('\n') as [string, string];
    expect(name).to.equal('cpu');
    const { backend, passedOver } = JSON.parse(choice) as BackendChoice;
    expect(backend).to.equal('cpu');
    expect(passedOver.map((other) => other.backend)).to.deep.equal(['webgl', 'wasm']);
    expect(passedOver[1]!.why).to.match(/no such file.*nowhere.*wasmPath/);
    expect(stderr).to.equal(`Tessera computes on cpu, not on wasm: ${passedOver[1]!.why}\n`);
  });

  it('says what to do where no backend was started', () => {
    expect(failing.stdout).to.contain('No backend runs yet').and.contain('await startBackend()');
  });

  it('lets errors of the program come out of the program', () => {
    expect(failing.stderr).to.contain('module 1:\non purpose.');
    expect(failing.stderr).not.to.contain('tfjs-backend-wasm');
  });
});
