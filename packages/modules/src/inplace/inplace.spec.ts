import { ModuleError, Variable } from '@tessera-nn/core';
import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Activation } from '../activation/activation.js';
import { Dropout } from '../dropout/dropout.js';
import { Identity } from '../identity/identity.js';
import { overwrite } from './inplace.js';

describe(`Working in place [${backendName}]`, () => {
  onBackend();

  const module = new Identity('net.act');

  it('shows the result in the input, which gives its own memory back', async () => {
    const [input, output] = [new Variable([1, 2]), new Variable([3, 4])];
    const before = input.storage;
    overwrite(module, input, output);
    output.dispose();
    expect(before.released).to.equal(true);
    expect([...(await input.values())]).to.deep.equal([3, 4]);
  });

  it('is refused on a Variable that gradients are wanted of', () => {
    const leaf = new Variable([1, 2], { requiresGrad: true });
    expect(() => overwrite(module, leaf, new Variable([3, 4]))).to.throw(
      ModuleError,
      'Identity "net.act" works in place and would overwrite a Variable that requires a gradient. ' +
        'Build the module with inplace: false.',
    );
  });

  it('does not disturb what an earlier op keeps for its gradient', async () => {
    // square keeps h, relu and dropout then write over the handle that the user holds
    const x = new Variable([-1, 2, 3], { requiresGrad: true });
    const h = x.mul(2);
    const squared = h.square();
    new Activation('relu', null, true).forward(h);
    new Dropout({ p: 0, inplace: true }).forward(h);
    squared.backward([1, 1, 1]);
    expectClose(await x.grad!.data(), [-8, 16, 24], 'dx');
    expectClose(await h.values(), [0, 4, 6], 'h');
  });
});
