import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './rms-norm.golden.js';
import { RMSNorm } from './rms-norm.js';

goldenSpec('RMSNorm', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ normalized_shape, eps }: { normalized_shape: number[]; eps: number }) => new RMSNorm(normalized_shape, eps),
  parameters: { weight: 'scale' },
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
});

describe('RMSNorm', () => {
  it('prints as the call that makes it', () => {
    expect(String(new RMSNorm(8))).to.equal('RMSNorm(8, epsilon=0.00001)');
  });
});
