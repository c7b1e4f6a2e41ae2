import { ShapeError } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { map, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Tile } from './tile.js';

function reference(x: Nd, _: unknown, module: Tile): Nd {
  const at = module.axis < 0 ? module.axis + x.shape.length : module.axis;
  const block = sizeOf(x.shape.slice(at));
  return map(nd(module.dataShapeFrom(x.shape)), (_, place) => {
    const outer = Math.floor(place / (block * module.times));
    return x.data[outer * block + (place % block)]!;
  });
}

moduleSpec('Tile', {
  classes: [Tile],
  reference,
  specials: true,
  cases: [
    { title: 'batches', make: () => new Tile(0, 3), shape: [3, 4, 2] },
    { title: 'the last axis', make: () => new Tile({ axis: -1, times: 2 }), shape: [4, 3, 2] },
  ],
  otherShape: [1, 2],
  refuses: [
    {
      title: 'an axis that is none',
      make: () => new Tile({ axis: 1, times: 2, name: 'tiles' }),
      run: (module) => module.forward([1]),
      type: ShapeError,
      says: ['Tile "tiles"', '[1] has no axis 1'],
    },
  ],
});

describe('Tile', () => {
  it('prints its axis and count', () => expect(String(new Tile(1, 4))).to.equal('Tile(axis=1, times=4)'));
});
