import { ShapeError } from '@tessera-nn/core';
import { gatherNd, moduleSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { MoveAxis } from './move-axis.js';

moduleSpec('MoveAxis', {
  classes: [MoveAxis],
  reference: (x) => {
    const [batch, ...rest] = x.shape;
    return gatherNd([batch!, rest.at(-1)!, ...rest.slice(0, -1)], x, ([n, last, ...others]) => [n!, ...others, last!]);
  },
  specials: true,
  cases: [{ title: 'the last of four to the maps', make: () => new MoveAxis(-1, 1), shape: [2, 3, 4, 2] }],
  otherShape: [1, 2, 3],
  refuses: [
    {
      title: 'an axis that is none',
      make: () => new MoveAxis({ src: 2, dst: 0, name: 'move' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['MoveAxis "move"', '[1, 2] has no axes 2 and 0'],
    },
  ],
});

describe('MoveAxis', () => {
  it('moves as numpy does, and prints its axes', () => {
    const shape = [10, 3, 5, 4, 2];
    expect(new MoveAxis(0, 3).dataShapeFrom(shape)).to.deep.equal([3, 5, 4, 10, 2]);
    expect(new MoveAxis(4, 0).dataShapeFrom(shape)).to.deep.equal([2, 10, 3, 5, 4]);
    expect(new MoveAxis(-1, -1).dataShapeFrom(shape)).to.deep.equal(shape);
    expect(String(new MoveAxis(0, 3))).to.equal('MoveAxis(0, 3)');
  });
});
