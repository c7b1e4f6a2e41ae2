import { ShapeError, Variable } from '@tessera-nn/core';
import { moduleSpec, nd, offset, type Nd } from '@tessera-nn/testing';
import { DepthConcat } from './depth-concat.js';

function reference(xs: readonly Nd[], _: unknown, module: DepthConcat): Nd {
  const y = nd(module.dataShapeFrom(xs.map(({ shape }) => shape)));
  let from = 0;
  for (const { shape, data } of xs) {
    const [batch, maps, height, width] = shape as [number, number, number, number];
    const [top, left] = [Math.floor((y.shape[2]! - height) / 2), Math.floor((y.shape[3]! - width) / 2)];
    let at = 0;
    for (let n = 0; n < batch; n++)
      for (let c = 0; c < maps; c++)
        for (let i = 0; i < height; i++)
          for (let j = 0; j < width; j++) y.data[offset(y.shape, n, from + c, top + i, left + j)] = data[at++]!;
    from += maps;
  }
  return y;
}

moduleSpec('DepthConcat', {
  classes: [DepthConcat],
  reference,
  specials: true,
  cases: [
    {
      title: 'PuzzleLib’s sizes',
      make: () => new DepthConcat(),
      shape: [
        [1, 2, 2, 2],
        [1, 1, 6, 6],
        [1, 1, 4, 4],
        [1, 1, 5, 5],
      ],
    },
    {
      title: 'images of one size',
      make: () => new DepthConcat('cat'),
      shape: [
        [2, 3, 2, 2],
        [2, 1, 2, 2],
      ],
    },
  ],
  otherShape: [
    [2, 1, 1, 3],
    [2, 1, 2, 1],
  ],
  refuses: [
    {
      title: 'another batch',
      make: () => new DepthConcat('cat'),
      run: (module) => module.forward([[1], [1, 1]].map((of) => new Variable(of, { shape: [of.length, 1, 1, 1] }))),
      type: ShapeError,
      says: ['DepthConcat "cat"', 'images of one batch', '[1, 1, 1, 1] and [2, 1, 1, 1]'],
    },
    {
      title: 'an empty list',
      make: () => new DepthConcat(),
      run: (module) => module.forward([]),
      type: ShapeError,
      says: ['an empty list'],
    },
  ],
});
