import { paddingSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Pad2D } from './pad-2d.js';

paddingSpec('Pad2D', {
  class: Pad2D,
  make: (options) => new Pad2D(options),
  plural: 'images',
  pad: [1, 2, 2, 1],
  shape: [2, 2, 3, 4],
  otherShape: [1, 3, 5, 2],
  small: [1, 1, 2, 2],
});

describe('Pad2D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new Pad2D({ pad: [1, 2, 2, 1], mode: 'edge' }))).to.equal('Pad2D([1, 2, 2, 1], mode="edge")');
    expect(String(new Pad2D(1, 'constant', -0.5))).to.equal('Pad2D([1, 1, 1, 1], fillValue=-0.5)');
  });
});
