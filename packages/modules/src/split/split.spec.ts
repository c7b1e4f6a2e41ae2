import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { backendName, moduleSpec, nd, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Split } from './split.js';

/** Each place of a piece asks the whole. */
function pieces(x: Nd, axis: number, sections: readonly number[]): Nd[] {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const inner = sizeOf(x.shape.slice(at + 1));
  let from = 0;
  return sections.map((size) => {
    const piece = nd(x.shape.map((length, i) => (i === at ? size : length)));
    piece.data.forEach((_, place) => {
      const outer = Math.floor(place / (inner * size));
      const along = from + (Math.floor(place / inner) % size);
      piece.data[place] = x.data[(outer * x.shape[at]! + along) * inner + (place % inner)]!;
    });
    from += size;
    return piece;
  });
}

moduleSpec('Split', {
  classes: [Split],
  reference: (x: Nd, _: unknown, { axis, sections }: Split) => pieces(x, axis, sections),
  specials: true,
  cases: [
    { title: 'maps', make: () => new Split(1, [1, 4, 2]), shape: [2, 7, 3, 4] },
    { title: 'widths', make: () => new Split({ axis: -1, sections: [3, 1], name: 'cut' }), shape: [5, 3, 4] },
    { title: 'batches', make: () => new Split(0, [2, 1]), shape: [3, 2] },
    { title: 'nothing off', make: () => new Split(1, [4]), shape: [2, 4] },
  ],
  otherShape: [1, 7, 2, 2],
  refuses: [
    {
      title: 'an axis of another size',
      make: () => new Split({ axis: 1, sections: [1, 2], name: 'cut' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['Split "cut"', 'add up to 2', '[1, 2] for [1, 2]'],
    },
    {
      title: 'an axis that is none',
      make: () => new Split(2, [1, 1]),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['an axis of [1, 2]'],
    },
    {
      title: 'no sections',
      make: () => new Split(1, []),
      type: ValueError,
      says: ['sections does not fit', 'received []'],
    },
    { title: 'sections of 0', make: () => new Split(1, [1, 0]), type: ValueError, says: ['from 1', '[1, 0]'] },
    {
      title: 'a list',
      make: () => new Split({ sections: [1], name: 'cut' }),
      run: (module) => module.forward([new Variable([[1]]), new Variable([[1]])] as never),
      type: ShapeError,
      says: ['Split "cut": it takes one Variable', 'a list of 2, [[1, 1], [1, 1]]', 'Concat or Add'],
    },
  ],
});

describe(`Split [${backendName}]`, () => {
  onBackend();

  it('gives zeros where no gradient comes back', async () => {
    const x = new Variable([[1, 2, 3]], { requiresGrad: true });
    const [, second] = new Split(1, [1, 1, 1]).forward(x);
    second!.backward([[7]]);
    expect(await x.grad!.array()).to.deep.equal([[0, 7, 0]]);
    expect(String(new Split(1, [1, 2]))).to.equal('Split(axis=1, sections=[1, 2])');
  });
});
