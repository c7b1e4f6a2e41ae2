import { ShapeError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { map, moduleSpec, nd, type Nd, type Nds } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Sum } from './sum.js';

function reference(given: Nds, _: unknown, { axis }: Sum): Nd {
  const [x, w] = ('data' in given ? [given] : given) as [Nd, Nd?];
  const at = axis < 0 ? axis + x.shape.length : axis;
  const [count, inner] = [x.shape[at]!, sizeOf(x.shape.slice(at + 1))];
  return map(nd(x.shape.filter((_, i) => i !== at)), (_, place) => {
    const [outer, rest] = [Math.floor(place / inner), place % inner];
    let total = 0;
    for (let k = 0; k < count; k++) {
      total += (w ? w.data[outer * count + k]! : 1) * x.data[(outer * count + k) * inner + rest]!;
    }
    return total;
  });
}

moduleSpec<Sum, Nd>('Sum', {
  classes: [Sum],
  reference,
  regimes: ['ordinary'],
  cases: [
    { title: 'images over their rows', make: () => new Sum({ axis: 2, useWeights: false }), shape: [5, 3, 2, 4] },
    { title: 'the last axis', make: () => new Sum(-1, false), shape: [5, 5] },
  ],
  otherShape: [1, 2, 3, 2],
  refuses: [
    {
      title: 'an axis that is none',
      make: () => new Sum(2, false, 'sum'),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['Sum "sum"', 'no axis 2', '[1, 2]'],
    },
  ],
});

moduleSpec<Sum, readonly Nd[]>('Sum with weights', {
  classes: [Sum],
  reference,
  regimes: ['ordinary'],
  cases: [
    {
      title: 'rows of a sequence',
      make: () => new Sum(1),
      shape: [
        [5, 3, 4],
        [5, 3],
      ],
    },
    {
      title: 'the last of four axes',
      make: () => new Sum(-1),
      shape: [
        [2, 3, 2, 4],
        [2, 3, 2, 4],
      ],
    },
  ],
  otherShape: [
    [1, 2, 3],
    [1, 2],
  ],
  refuses: [
    {
      title: 'weights of another shape',
      make: () => new Sum(1, true, 'sum'),
      run: (module) => module.forward([new Variable([[1, 2]]), new Variable([1])]),
      type: ShapeError,
      says: ['Sum "sum"', 'the weights do not fit', '[1, 2] and [1, 2]', '[1, 2] and [1]'],
    },
  ],
});

describe('Sum', () => {
  it('prints its axis', () =>
    expect([new Sum(1), new Sum(2, false)].map(String)).to.deep.equal([
      'Sum(axis=1)',
      'Sum(axis=2, useWeights=false)',
    ]));
});
