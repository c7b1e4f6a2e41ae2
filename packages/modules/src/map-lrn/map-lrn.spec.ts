import { ShapeError } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { MapLRN } from './map-lrn.js';

/** The values of the window of N by N from `before` above and left of a pixel, as far as there are any. */
function around({ shape, data }: Nd, at: number, N: number): number[] {
  const [, , height, width] = imageShape(shape);
  const [row, column] = [Math.floor(at / width) % height, at % width];
  const before = Math.floor((N - 1) / 2);
  const found: number[] = [];
  for (let i = row - before; i < row - before + N; i++)
    for (let j = column - before; j < column - before + N; j++)
      if (i >= 0 && i < height && j >= 0 && j < width) found.push(data[at + (i - row) * width + j - column]!);
  return found;
}

/** Each value by the squares around it. */
function reference(x: Nd, _: unknown, { N, alpha, beta, K }: MapLRN): Nd {
  return nd(
    x.shape,
    x.data.map((value, at) => {
      const seen = around(x, at, N);
      return value / (K + (alpha / N ** 2) * seen.reduce((sum, one) => sum + one ** 2, 0)) ** beta;
    }),
  );
}

moduleSpec('MapLRN', {
  classes: [MapLRN],
  reference,
  cases: [
    { title: 'five by five', make: () => new MapLRN({ alpha: 1, K: 1 }), shape: [2, 2, 4, 6] },
    { title: 'an even count', make: () => new MapLRN(2, 0.5, 0.5, 2), shape: [1, 3, 3, 4] },
  ],
  otherShape: [1, 3, 3, 2],
  refuses: [
    {
      title: 'a matrix',
      make: () => new MapLRN({ name: 'norm' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['MapLRN "norm"', '[1, 2] is not a batch of images'],
    },
  ],
});

describe('MapLRN', () => {
  it('has the presets of PuzzleLib', () => {
    expect(String(new MapLRN())).to.equal('MapLRN(5, alpha=0.0001, beta=0.75, K=2)');
  });
});
