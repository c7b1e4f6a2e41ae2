import { Variable } from '@tessera-nn/core';
import { backendName, distinctNd, onBackend, poolingSpec, volumes } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './max-pool-3d.golden.js';
import { MaxPool3D } from './max-pool-3d.js';

poolingSpec('MaxPool3D', {
  class: MaxPool3D,
  make: (options) => new MaxPool3D(options),
  over: volumes,
  of: (values) => Math.max(...values),
  input: distinctNd,
  goldens,
});

describe(`MaxPool3D where numbers are equal [${backendName}]`, () => {
  onBackend();

  it('gives the gradient to the first, by depth, row and column', async () => {
    const x = new Variable([0, 0, 1, 0, 1, 1, 1, 1], { shape: [1, 1, 2, 2, 2], requiresGrad: true });
    new MaxPool3D().forward(x).backward();
    expect([...(await x.grad!.data())]).to.deep.equal([0, 0, 1, 0, 0, 0, 0, 0]);
  });
});

describe('MaxPool3D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new MaxPool3D(3, 1, 1))).to.equal('MaxPool3D(size=3, stride=1, pad=1)');
  });
});
