import { ShapeError } from '@tessera-nn/core';
import { moduleSpec, nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Unflatten } from './unflatten.js';

moduleSpec('Unflatten', {
  classes: [Unflatten],
  reference: (x, _, { axis }) =>
    nd(axis === 1 ? [x.shape[0]!, 3, x.shape[1]! / 3] : [...x.shape.slice(0, -1), 2, 2], x.data),
  specials: true,
  cases: [
    { title: 'maps, the rest left open', make: () => new Unflatten(1, [3, -1]), shape: [4, 6] },
    { title: 'the last axis', make: () => new Unflatten({ axis: -1, sizes: [2, 2] }), shape: [2, 3, 4] },
  ],
  otherShape: [1, 9],
  refuses: [
    {
      title: 'an axis that does not fall into such sizes',
      make: () => new Unflatten({ axis: 1, sizes: [2, 3], name: 'images' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['Unflatten "images"', 'axis 1 of [1, 2]', 'into [2, 3]', 'received 2'],
    },
    {
      title: 'an axis that is none',
      make: () => new Unflatten(1, [1]),
      run: (module) => module.forward([1]),
      type: ShapeError,
      says: ['no such axis'],
    },
    {
      title: 'two open sizes',
      make: () => new Unflatten(0, [-1, -1]),
      run: (module) => module.forward([1, 2, 3]),
      type: ShapeError,
      says: ['into [-1, -1]'],
    },
  ],
});

describe('Unflatten', () => {
  it('prints as the call that makes it', () =>
    expect(String(new Unflatten(1, [2, -1]))).to.equal('Unflatten(1, [2, -1])'));
});
