import { Variable } from '@tessera-nn/core';
import { onBackend } from '@tessera-nn/testing';
import { clipByValue, tensor1d } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { Activation } from './activation.js';

describe('activations where tfjs-wasm 4.22 fails', () => {
  onBackend();

  it('lets NaN through when it clips; tfjs makes it the lower bound', async () => {
    const values = [NaN, 5, -5];
    expect([...(await clipByValue(tensor1d(values), -1, 1).data())]).to.deep.equal([-1, 1, -1]);
    const clip = new Activation({ activation: 'clip', args: [-1, 1] });
    expect([...(await clip.forward(new Variable(values)).values())]).to.deep.equal([NaN, 1, -1]);
  });
});
