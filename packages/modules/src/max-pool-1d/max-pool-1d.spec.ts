import { distinctNd, poolingSpec, sequences } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './max-pool-1d.golden.js';
import { MaxPool1D } from './max-pool-1d.js';

poolingSpec('MaxPool1D', {
  class: MaxPool1D,
  make: (options) => new MaxPool1D(options),
  over: sequences,
  of: (values) => Math.max(...values),
  input: distinctNd,
  goldens,
});

describe('MaxPool1D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new MaxPool1D(3, 1, 1))).to.equal('MaxPool1D(size=3, stride=1, pad=1)');
  });
});
