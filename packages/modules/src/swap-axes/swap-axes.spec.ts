import { ShapeError } from '@tessera-nn/core';
import { gatherNd, moduleSpec, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { SwapAxes } from './swap-axes.js';

/** Of two axes that are the first and the last. */
function reference(x: Nd): Nd {
  const swapped = (list: readonly number[]) => [list.at(-1)!, ...list.slice(1, -1), list[0]!];
  return gatherNd(swapped(x.shape), x, swapped);
}

moduleSpec('SwapAxes', {
  classes: [SwapAxes],
  reference,
  specials: true,
  cases: [
    { title: 'first and last of five', make: () => new SwapAxes(0, -1), shape: [4, 3, 2, 2, 1] },
    { title: 'of three, the other way around', make: () => new SwapAxes({ axis1: 2, axis2: 0 }), shape: [3, 2, 4] },
  ],
  otherShape: [2, 3],
  refuses: [
    {
      title: 'an axis that is none',
      make: () => new SwapAxes({ axis1: 0, axis2: 2, name: 'swap' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['SwapAxes "swap"', '[1, 2] has no axes 0 and 2'],
    },
  ],
});

describe('SwapAxes', () => {
  it('prints its axes', () => expect(String(new SwapAxes(1, 2))).to.equal('SwapAxes(1, 2)'));
});
