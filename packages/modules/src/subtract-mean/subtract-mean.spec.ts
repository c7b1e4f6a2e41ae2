import { ShapeError, ValueError } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { SubtractMean } from './subtract-mean.js';

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

/** Each value less the mean around it. */
function reference(x: Nd, _: unknown, { size, includePad }: SubtractMean): Nd {
  return nd(
    x.shape,
    x.data.map((value, at) => {
      const seen = around(x, at, size);
      return value - seen.reduce((sum, one) => sum + one, 0) / (includePad ? size ** 2 : seen.length);
    }),
  );
}

moduleSpec('SubtractMean', {
  classes: [SubtractMean],
  reference,
  cases: [
    { title: 'three by three', make: () => new SubtractMean(3), shape: [2, 2, 4, 5] },
    { title: 'a mean without padding', make: () => new SubtractMean({ includePad: false }), shape: [1, 3, 3, 4] },
  ],
  otherShape: [1, 3, 3, 2],
  refuses: [
    {
      title: 'a matrix',
      make: () => new SubtractMean({ name: 'norm' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['SubtractMean "norm"', '[1, 2] is not a batch of images'],
    },
    { title: 'a window without a middle', make: () => new SubtractMean(4), type: ValueError, says: ['size', 'odd'] },
  ],
});

describe('SubtractMean', () => {
  it('prints as the call that makes it', () => {
    expect(String(new SubtractMean(3, false))).to.equal('SubtractMean(size=3, includePad=false)');
  });
});
