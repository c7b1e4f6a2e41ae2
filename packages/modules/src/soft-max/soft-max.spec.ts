import { goldenSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './soft-max.golden.js';
import { SoftMax, Softmax } from './soft-max.js';

goldenSpec('SoftMax', { producer: 'PyTorch 2.13.0', goldens, make: ({ dim }: { dim: number }) => new SoftMax(dim) });

describe('SoftMax', () => {
  it('goes by PyTorch’s name, and prints an axis that is not the maps', () => {
    expect(Softmax).to.equal(SoftMax);
    expect([new SoftMax(), new SoftMax(-1)].map(String)).to.deep.equal(['SoftMax()', 'SoftMax(axis=-1)']);
  });
});
