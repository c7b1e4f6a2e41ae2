import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const index = fileURLToPath(new URL('./index.ts', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs a program in a Node of its own, where nothing was started yet. */
async function fresh(program: string): Promise<{ stdout: string; stderr: string }> {
  const source = `
    import * as kernels from ${JSON.stringify(index)};
    import { tensor, engine } from '@tensorflow/tfjs-core';
    const listeners = () => ['uncaughtException', 'unhandledRejection'].map((event) => process.listeners(event));
    ${program}`;
  const options = ['--conditions=tessera-source', '--import=tsx/esm', '--input-type=module', '--eval', source];
  return promisify(execFile)(process.execPath, options, { cwd: root, encoding: 'utf8' });
}

describe('startBackend in a Node of its own', () => {
  it('starts wasm as the automatic choice and prints nothing', async () => {
    const { stdout, stderr } = await fresh(`
      const name = await kernels.startBackend();
      const y = kernels.runKernel(kernels.addKernel, { a: tensor([1, 2]), b: tensor([3, 4]) }, {});
      console.log(name, kernels.currentBackend(), ...await y.data());`);
    expect(stdout).to.equal('wasm wasm 4 6\n');
    expect(stderr).to.equal('');
  });

  it('starts cpu without the banner that tfjs prints on its first write', async () => {
    const { stdout, stderr } = await fresh(`
      await kernels.startBackend('cpu');
      console.log(kernels.currentBackend(), ...await tensor([1, 2]).data());`);
    expect(stdout).to.equal('cpu 1 2\n');
    expect(stderr).to.equal('');
  });

  it('takes off the listeners that tfjs puts on the process, and no others', async () => {
    const { stdout, stderr } = await fresh(`
      const own = () => {};
      process.on('uncaughtException', own);
      const before = listeners();
      await kernels.startBackend('wasm');
      const after = listeners();
      console.log(after.map((list, i) => list.length === before[i].length), after[0].includes(own));`);
    expect(stdout).to.equal('[ true, true ] true\n');
    expect(stderr).to.equal('');
  });

  it('loads no backend before one is asked for', async () => {
    const { stdout } = await fresh('console.log(engine().backendNames());');
    expect(stdout).to.equal('[]\n');
  });

  it('lets errors of the program come out of the program', async () => {
    const run = fresh(`
      await kernels.startBackend('wasm');
      throw new kernels.ShapeError('on purpose').within('module 1');`);
    const { stderr } = await run.then(
      () => expect.fail('the program ended well'),
      (error: { stderr: string }) => error,
    );
    expect(stderr).to.contain('module 1:\non purpose.');
    expect(stderr).not.to.contain('tfjs-backend-wasm');
  });
});
