import type { Pair } from '@tessera-nn/core';
import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './adaptive-max-pool-2d.golden.js';
import { AdaptiveMaxPool2D } from './adaptive-max-pool-2d.js';

goldenSpec('AdaptiveMaxPool2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ output_size }: { output_size: Pair }) => new AdaptiveMaxPool2D(output_size),
});

describe('AdaptiveMaxPool2D', () => {
  it('prints as the call that makes it', () => {
    expect([new AdaptiveMaxPool2D(7), new AdaptiveMaxPool2D([7, 5])].map(String)).to.deep.equal([
      'AdaptiveMaxPool2D(7)',
      'AdaptiveMaxPool2D([7, 5])',
    ]);
  });
});
