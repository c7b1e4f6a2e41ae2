import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './group-norm.golden.js';
import { GroupNorm } from './group-norm.js';

goldenSpec('GroupNorm', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ num_groups, eps }: { num_groups: number; eps: number }, { weight }) =>
    new GroupNorm(num_groups, weight!.shape[0]!, eps),
  parameters: { weight: 'scale', bias: 'bias' },
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
});

describe('GroupNorm', () => {
  it('prints as the call that makes it', () => {
    expect(String(new GroupNorm(2, 4))).to.equal('GroupNorm(2, 4, epsilon=0.00001)');
  });
});
