import { ShapeError, ValueError } from '@tessera-nn/core';
import { moduleSpec, nd, offset, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Transpose } from './transpose.js';

function reference(x: Nd, _: unknown, { axes }: Transpose): Nd {
  const order = axes ?? x.shape.map((_, i) => x.shape.length - 1 - i);
  const y = nd(order.map((axis) => x.shape[axis]!));
  x.data.forEach((value, flat) => {
    const index: number[] = [];
    for (let axis = x.shape.length - 1, left = flat; axis >= 0; axis--) {
      index[axis] = left % x.shape[axis]!;
      left = Math.floor(left / x.shape[axis]!);
    }
    y.data[offset(y.shape, ...order.map((axis) => index[axis]!))] = value;
  });
  return y;
}

moduleSpec('Transpose', {
  classes: [Transpose],
  reference,
  specials: true,
  cases: [
    { title: 'two axes', make: () => new Transpose([0, 2, 1]), shape: [2, 3, 5] },
    { title: 'images', make: () => new Transpose({ axes: [0, 2, 3, 1] }), shape: [2, 3, 2, 4] },
    { title: 'all in reverse', make: () => new Transpose(), shape: [2, 3, 2, 2, 2] },
  ],
  otherShape: [1, 4, 2],
  refuses: [
    {
      title: 'an input of another rank',
      make: () => new Transpose({ axes: [1, 0], name: 'turn' }),
      run: (module) => module.forward([1, 2]),
      type: ShapeError,
      says: ['Transpose "turn"', '[2] has 1 axes', '2 axes'],
    },
    {
      title: 'an axis twice',
      make: () => new Transpose([0, 0]),
      type: ValueError,
      says: ['from 0 to 1 once', '[0, 0]'],
    },
  ],
});

describe('Transpose', () => {
  it('prints its order', () =>
    expect([new Transpose(), new Transpose([1, 0])].map(String)).to.deep.equal(['Transpose()', 'Transpose([1, 0])']));
});
