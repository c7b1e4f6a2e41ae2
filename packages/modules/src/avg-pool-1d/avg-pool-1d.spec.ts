import { poolingSpec, sequences } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './avg-pool-1d.golden.js';
import { AvgPool1D } from './avg-pool-1d.js';

poolingSpec('AvgPool1D', {
  class: AvgPool1D,
  make: (options) => new AvgPool1D(options),
  over: sequences,
  of: (values, padding, { includePad }) =>
    values.reduce((sum, value) => sum + value, 0) / (values.length + (includePad ? padding : 0)),
  choices: { includePad: false },
  goldens,
});

describe('AvgPool1D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new AvgPool1D(3, 1, 1, false))).to.equal('AvgPool1D(size=3, stride=1, pad=1, includePad=false)');
  });
});
