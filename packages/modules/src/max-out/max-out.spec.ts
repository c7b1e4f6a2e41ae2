import { ShapeError, ValueError } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { distinctNd, map, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { MaxOut } from './max-out.js';

function reference(x: Nd, _: unknown, { axis, pieces }: MaxOut): Nd {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const step = sizeOf(x.shape.slice(at + 1));
  return map(nd(x.shape.map((size, i) => (i === at ? size / pieces : size))), (_, place) => {
    const first = Math.floor(place / step) * pieces * step + (place % step);
    return Math.max(...Array.from({ length: pieces }, (_, j) => x.data[first + j * step]!));
  });
}

moduleSpec('MaxOut', {
  classes: [MaxOut],
  reference,
  regimes: ['ordinary'],
  cases: [
    { title: 'maps', make: () => new MaxOut(2), shape: [2, 6, 2, 2], input: distinctNd },
    { title: 'the last axis', make: () => new MaxOut({ pieces: 3, axis: -1 }), shape: [4, 6], input: distinctNd },
  ],
  otherShape: [1, 4, 3, 1],
  refuses: [
    {
      title: 'maps that do not fall into pieces',
      make: () => new MaxOut({ pieces: 2, name: 'max' }),
      run: (module) => module.forward([[1, 2, 3]]),
      type: ShapeError,
      says: ['MaxOut "max"', 'axis 1 of [1, 3]', 'pieces of 2', 'a multiple of 2', 'received 3'],
    },
    {
      title: 'an axis that is none',
      make: () => new MaxOut(2, -3),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['axis -3 of [1, 2]'],
    },
    { title: 'no pieces', make: () => new MaxOut(0), type: ValueError, says: ['pieces', 'from 1'] },
  ],
});

describe('MaxOut', () => {
  it('prints its pieces, and an axis that is not the maps', () =>
    expect([new MaxOut(2), new MaxOut(4, -1)].map(String)).to.deep.equal(['MaxOut(2)', 'MaxOut(4, axis=-1)']));
});
