import { backendName, onBackend } from '@tessera-nn/testing';
import { add, dispose, registerBackend, removeBackend, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { addKernel } from './arithmetic/arithmetic.js';
import { backendNames, currentBackend, startBackend } from './backend.js';
import { BackendError } from './errors.js';
import { runKernel } from './kernel.js';

/** What a start that must fail throws. tfjs warns on the console about backends that do not start; that is swallowed. */
async function failureOf(start: () => Promise<unknown>): Promise<BackendError> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    await start();
  } catch (error) {
    expect(error).to.be.instanceOf(BackendError);
    return error as BackendError;
  } finally {
    console.warn = warn;
  }
  throw new Error('it started');
}

describe(`startBackend [${backendName}]`, () => {
  onBackend();

  it('refuses an unknown name and names the nearest', async () => {
    const error = await failureOf(() => startBackend('wbgl'));
    expect(error.message).to.contain('There is no backend named "wbgl"');
    expect(error.expected).to.contain(backendNames.join(', '));
    expect(error.hint).to.equal('Did you mean "webgl"?');
    expect(currentBackend()).to.equal(backendName);
  });

  it('says how to bring a backend along where no name is near', async () => {
    expect((await failureOf(() => startBackend('tensorflow'))).hint).to.contain('Register it with tfjs first');
  });

  it('may be called again, and keeps tensors readable', async () => {
    const before = tensor([1, 2, 3]);
    expect(await startBackend(backendName)).to.equal(backendName);
    expect(currentBackend()).to.equal(backendName);
    expect([...(await before.data())]).to.deep.equal([1, 2, 3]);
    before.dispose();
  });

  it('may be called twice at once', async () => {
    expect(await Promise.all([startBackend(backendName), startBackend(backendName)])).to.deep.equal([
      backendName,
      backendName,
    ]);
    expect(currentBackend()).to.equal(backendName);
  });

  it('may go to another backend and come back', async () => {
    const before = tensor([1, 2, 3]);
    const other = backendName === 'cpu' ? 'wasm' : 'cpu';
    const options = typeof document === 'undefined' ? {} : { wasmPath: '/wasm/' };
    expect(await startBackend(other, options)).to.equal(other);
    expect(currentBackend()).to.equal(other);
    await startBackend(backendName);
    expect([...(await before.data())]).to.deep.equal([1, 2, 3]);
    before.dispose();
  });

  it('computes with what was moved to another backend and back', async () => {
    const [a, b] = [tensor([1, 2, 3, 4]), tensor([5, 6, 7, 8])];
    const x = runKernel(addKernel, { a, b }, {});
    await startBackend(
      backendName === 'cpu' ? 'wasm' : 'cpu',
      typeof document === 'undefined' ? {} : { wasmPath: '/wasm/' },
    );
    const elsewhere = add(x, x);
    await startBackend(backendName);
    const others = runKernel(addKernel, { a, b: a }, {}); // takes the memory that is free
    const y = runKernel(addKernel, { a: x, b: x }, {});
    expect([...(await y.data())]).to.deep.equal([12, 16, 20, 24]);
    dispose([a, b, x, y, elsewhere, others]);
  });

  for (const [title, factory] of [
    ['throws', () => expect.fail('no device')],
    ['rejects', () => Promise.reject(new Error('no device'))],
  ] as const) {
    it(`leaves the backend that ran in place when the start of another ${title}`, async () => {
      registerBackend('broken', factory);
      try {
        const before = tensor([4, 5]);
        const error = await failureOf(() => startBackend('broken'));
        expect(error.message).to.contain('"broken" does not start here');
        expect(error.hint).to.contain('startBackend("wasm")');
        expect(currentBackend()).to.equal(backendName);
        expect([...(await before.data())]).to.deep.equal([4, 5]);
        expect([...(await tensor([6]).data())]).to.deep.equal([6]);
        before.dispose();
      } finally {
        removeBackend('broken');
      }
    });
  }
});
