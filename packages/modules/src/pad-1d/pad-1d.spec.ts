import { paddingSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Pad1D } from './pad-1d.js';

paddingSpec('Pad1D', {
  class: Pad1D,
  make: (options) => new Pad1D(options),
  plural: 'sequences',
  pad: [2, 1],
  shape: [2, 3, 4],
  otherShape: [1, 2, 6],
  small: [1, 1, 2],
});

describe('Pad1D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new Pad1D({ pad: [2, 1], mode: 'edge' }))).to.equal('Pad1D([2, 1], mode="edge")');
    expect(String(new Pad1D(1, 'constant', -0.5))).to.equal('Pad1D([1, 1], fillValue=-0.5)');
  });
});
