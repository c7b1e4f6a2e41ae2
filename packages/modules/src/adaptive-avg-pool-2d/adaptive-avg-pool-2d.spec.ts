import type { Pair } from '@tessera-nn/core';
import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './adaptive-avg-pool-2d.golden.js';
import { AdaptiveAvgPool2D } from './adaptive-avg-pool-2d.js';

goldenSpec('AdaptiveAvgPool2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ output_size }: { output_size: Pair }) => new AdaptiveAvgPool2D(output_size),
});

describe('AdaptiveAvgPool2D', () => {
  it('prints as the call that makes it', () => {
    expect([new AdaptiveAvgPool2D(7), new AdaptiveAvgPool2D([7, 5])].map(String)).to.deep.equal([
      'AdaptiveAvgPool2D(7)',
      'AdaptiveAvgPool2D([7, 5])',
    ]);
  });
});
