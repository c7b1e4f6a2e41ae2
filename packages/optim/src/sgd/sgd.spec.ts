import { OptimizerError } from '@tessera-nn/core';
import { optimizerSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './sgd.golden.js';
import { SGD } from './sgd.js';

optimizerSpec('SGD', {
  make: () => new SGD(0.1),
  reference: (w, g, _, __, rate) => g.forEach((grad, i) => (w[i]! -= 0.1 * rate * grad)),
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ lr }) => new SGD(lr) },
});

describe('SGD', () => {
  it('has PuzzleLib’s preset, and refuses what is not a rate', () => {
    expect(new SGD().learnRate).to.equal(1e-3);
    expect(() => new SGD(-1)).to.throw(OptimizerError, 'learnRate');
    expect(() => new SGD(NaN)).to.throw(OptimizerError, 'NaN');
  });
});
