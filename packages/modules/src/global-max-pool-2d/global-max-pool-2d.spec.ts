import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './global-max-pool-2d.golden.js';
import { GlobalMaxPool2D } from './global-max-pool-2d.js';

goldenSpec('GlobalMaxPool2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: () => new GlobalMaxPool2D({ keepDims: true }),
});

describe('GlobalMaxPool2D', () => {
  it('prints as the call that makes it', () => {
    expect([new GlobalMaxPool2D(), new GlobalMaxPool2D(true)].map(String)).to.deep.equal([
      'GlobalMaxPool2D()',
      'GlobalMaxPool2D(keepDims=true)',
    ]);
  });
});
