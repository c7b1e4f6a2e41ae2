import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './layer-norm.golden.js';
import { LayerNorm } from './layer-norm.js';

goldenSpec('LayerNorm', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ normalized_shape, eps }: { normalized_shape: number[]; eps: number }) =>
    new LayerNorm(normalized_shape, eps),
  parameters: { weight: 'scale', bias: 'bias' },
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
});

describe('LayerNorm', () => {
  it('prints as the call that makes it', () => {
    expect(String(new LayerNorm({ shape: [3, 4], affine: false }))).to.equal(
      'LayerNorm([3, 4], epsilon=0.00001, affine=false)',
    );
  });
});
