import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './log-soft-max.golden.js';
import { LogSoftMax, LogSoftmax } from './log-soft-max.js';

goldenSpec('LogSoftMax', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ dim }: { dim: number }) => new LogSoftMax(dim),
});

describe('LogSoftMax', () => {
  it('goes by PyTorch’s name, and prints an axis that is not the maps', () => {
    expect(LogSoftmax).to.equal(LogSoftMax);
    expect([new LogSoftMax(), new LogSoftMax(-1)].map(String)).to.deep.equal(['LogSoftMax()', 'LogSoftMax(axis=-1)']);
  });
});
