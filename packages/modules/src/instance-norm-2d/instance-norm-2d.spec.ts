import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './instance-norm-2d.golden.js';
import { InstanceNorm2D } from './instance-norm-2d.js';

goldenSpec('InstanceNorm2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ eps }: { eps: number }, { weight }) => new InstanceNorm2D(weight!.shape[0], eps),
  parameters: { weight: 'scale', bias: 'bias' },
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
});

describe('InstanceNorm2D', () => {
  it('prints as the call that makes it', () => {
    expect(String(new InstanceNorm2D(4))).to.equal('InstanceNorm2D(4, epsilon=0.00001)');
  });
});
