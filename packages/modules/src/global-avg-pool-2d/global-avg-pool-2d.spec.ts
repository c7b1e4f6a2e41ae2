import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './global-avg-pool-2d.golden.js';
import { GlobalAvgPool2D } from './global-avg-pool-2d.js';

goldenSpec('GlobalAvgPool2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: () => new GlobalAvgPool2D({ keepDims: true }),
});

describe('GlobalAvgPool2D', () => {
  it('prints as the call that makes it', () => {
    expect([new GlobalAvgPool2D(), new GlobalAvgPool2D(true)].map(String)).to.deep.equal([
      'GlobalAvgPool2D()',
      'GlobalAvgPool2D(keepDims=true)',
    ]);
  });
});
