import { onBackend } from '@tessera-nn/testing';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defineKernel, kernelReport, runKernel } from '../kernel.js';
import { companionFunctions, useCompanion } from './companion.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

const kernel = defineKernel<{ x: Tensor }, object, Tensor>({
  name: 'SpecCompanion',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x }) => x.clone(),
  companion: ({ functions, at: { x }, inputs, outputs: [y] }) => functions.sgd(x, x, y!, inputs.x.size, 2),
  loops: ({ values, outputs }) => outputs[0]!.set(values.x),
});
const run = async (x: Tensor) => [...(await runKernel(kernel, { x }, {}).data())];
const calls = (body: string) =>
  kernelReport().find((row) => row.kernel === 'SpecCompanion' && row.body === body)?.calls ?? 0;

describe('the companion of the wasm backend', () => {
  onBackend();
  afterEach(() => useCompanion(true));

  it('is compiled from the sources beside it', async function () {
    this.timeout(60_000);
    await promisify(execFile)(process.execPath, ['scripts/build-companion.mjs', '--check'], { cwd: root });
  });

  it("computes in the backend's own memory", async () => {
    const before = calls('companion');
    expect(await run(tensor([1, 2, 3, 4, 5]))).to.deep.equal([-1, -2, -3, -4, -5]);
    expect(calls('companion')).to.equal(before + 1);
  });

  it('leaves kernels to their other bodies when it is turned off, and for whole numbers', async () => {
    useCompanion(false);
    expect(companionFunctions()).to.equal(undefined);
    expect(await run(tensor([1, 2]))).to.deep.equal([1, 2]);
    useCompanion(true);
    expect(await run(tensor([1, 2], [2], 'int32'))).to.deep.equal([1, 2]);
    expect(calls('loops')).to.equal(2);
  });

  it('gives its scratch memory back', async () => {
    const addresses = new Set<number>();
    const scratching = defineKernel<{ x: Tensor }, object, Tensor>({
      ...kernel,
      name: 'SpecScratch',
      companion: ({ functions, at: { x }, inputs, outputs: [y], scratch }) => {
        addresses.add(scratch(1 << 20));
        functions.sgd(x, x, y!, inputs.x.size, 2);
      },
    });
    const x = tensor([1, 2]);
    for (let i = 0; i < 50; i++) runKernel(scratching, { x }, {}).dispose();
    expect(addresses.size).to.be.lessThan(5);
    expect(await run(x)).to.deep.equal([-1, -2]);
  });
});
