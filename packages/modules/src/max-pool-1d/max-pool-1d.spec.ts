import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { distinctNd, goldenSpec, moduleSpec, nd, windowsOver, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './max-pool-1d.golden.js';
import { MaxPool1D } from './max-pool-1d.js';

/** The largest that each window sees, by flat places behind batch and maps. */
function reference(x: Nd, _: unknown, { window }: MaxPool1D): Nd {
  const [batch, maps, ...lengths] = x.shape as [number, number, ...number[]];
  const { counts, taps } = windowsOver(lengths, window);
  const y = nd([batch, maps, ...counts]);
  const length = sizeOf(lengths);
  y.data.forEach((_, at) => {
    const map = Math.floor(at / taps.length) * length;
    const seen = taps[at % taps.length]!.filter((place) => place >= 0);
    y.data[at] = Math.max(...seen.map((place) => x.data[map + place]!));
  });
  return y;
}

moduleSpec('MaxPool1D', {
  classes: [MaxPool1D],
  reference,
  cases: [
    { title: 'two along each axis', make: () => new MaxPool1D(), shape: [2, 3, 6], input: distinctNd },
    {
      title: 'overlapping windows, with padding',
      make: () => new MaxPool1D({ size: 3, stride: 2, pad: 1 }),
      shape: [2, 2, 5],
      input: distinctNd,
    },
    {
      title: 'a last window beyond the padding',
      make: () => new MaxPool1D({ size: 3, stride: 2, pad: 1, ceilMode: true }),
      shape: [2, 2, 6],
      input: distinctNd,
    },
    {
      title: 'windows with gaps, padding that keeps the size',
      make: () => new MaxPool1D({ size: 2, stride: 1, pad: 'same', dilation: 2 }),
      shape: [1, 2, 7],
      input: distinctNd,
    },
  ],
  otherShape: [3, 1, 9],
  refuses: [
    {
      title: 'images',
      make: () => new MaxPool1D({ name: 'pool' }),
      run: (module) => module.forward(new Variable(new Float32Array(4), { shape: [1, 1, 2, 2] })),
      type: ShapeError,
      says: ['MaxPool1D "pool"', '[1, 1, 2, 2] is not a batch of sequences'],
    },
    {
      title: 'sequences smaller than the window',
      make: () => new MaxPool1D({ size: 3, dilation: 2 }),
      run: (module) => module.forward(new Variable(new Float32Array(6), { shape: [1, 2, 3] })),
      type: ShapeError,
      says: ['larger than the padded sequences', 'window of 3 with dilation 2'],
    },
    {
      title: 'padding as wide as the window',
      make: () => new MaxPool1D({ size: 3, pad: 3 }),
      type: ValueError,
      says: ['nothing but padding', 'smaller than the window of 3'],
    },
  ],
});

goldenSpec('MaxPool1D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({
    kernel_size: size,
    padding: pad,
    ceil_mode: ceilMode,
    ...rest
  }: Record<'kernel_size' | 'stride' | 'padding' | 'dilation', number> & { ceil_mode?: boolean }) =>
    new MaxPool1D({ size, pad, ceilMode, ...rest }),
});

describe('MaxPool1D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new MaxPool1D(3, 1, 1))).to.equal('MaxPool1D(size=3, stride=1, pad=1)');
  });
});
