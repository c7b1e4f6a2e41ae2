import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { goldenSpec, moduleSpec, nd, PADDING, windowsOver, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './avg-pool-1d.golden.js';
import { AvgPool1D } from './avg-pool-1d.js';

/** The mean of what each window sees, by flat places behind batch and maps. */
function reference(x: Nd, _: unknown, { window, includePad }: AvgPool1D): Nd {
  const [batch, maps, ...lengths] = x.shape as [number, number, ...number[]];
  const { counts, taps } = windowsOver(lengths, window);
  const y = nd([batch, maps, ...counts]);
  const length = sizeOf(lengths);
  y.data.forEach((_, at) => {
    const map = Math.floor(at / taps.length) * length;
    const seen = taps[at % taps.length]!;
    const total = seen.reduce((sum, place) => sum + (place < 0 ? 0 : x.data[map + place]!), 0);
    y.data[at] = total / seen.filter((place) => place >= 0 || (includePad && place === PADDING)).length;
  });
  return y;
}

moduleSpec('AvgPool1D', {
  classes: [AvgPool1D],
  reference,
  cases: [
    { title: 'two along each axis', make: () => new AvgPool1D(), shape: [2, 3, 6] },
    {
      title: 'overlapping windows, with padding',
      make: () => new AvgPool1D({ size: 3, stride: 2, pad: 1 }),
      shape: [2, 2, 5],
    },
    {
      title: 'a last window beyond the padding',
      make: () => new AvgPool1D({ size: 3, stride: 2, pad: 1, ceilMode: true }),
      shape: [2, 2, 6],
    },
    {
      title: 'windows with gaps, padding that keeps the size and does not count',
      make: () => new AvgPool1D({ size: 2, stride: 1, pad: 'same', dilation: 2, includePad: false }),
      shape: [1, 2, 7],
    },
  ],
  otherShape: [3, 1, 9],
  refuses: [
    {
      title: 'images',
      make: () => new AvgPool1D({ name: 'pool' }),
      run: (module) => module.forward(new Variable(new Float32Array(4), { shape: [1, 1, 2, 2] })),
      type: ShapeError,
      says: ['AvgPool1D "pool"', '[1, 1, 2, 2] is not a batch of sequences'],
    },
    {
      title: 'sequences smaller than the window',
      make: () => new AvgPool1D({ size: 3, dilation: 2 }),
      run: (module) => module.forward(new Variable(new Float32Array(6), { shape: [1, 2, 3] })),
      type: ShapeError,
      says: ['larger than the padded sequences', 'window of 3 with dilation 2'],
    },
    {
      title: 'padding as wide as the window',
      make: () => new AvgPool1D({ size: 3, pad: 3 }),
      type: ValueError,
      says: ['nothing but padding', 'smaller than the window of 3'],
    },
  ],
});

goldenSpec('AvgPool1D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: (
    attrs: Record<'kernel_size' | 'stride' | 'padding', number> & { ceil_mode?: boolean; count_include_pad?: boolean },
  ) =>
    new AvgPool1D({
      size: attrs.kernel_size,
      stride: attrs.stride,
      pad: attrs.padding,
      ceilMode: attrs.ceil_mode,
      includePad: attrs.count_include_pad,
    }),
});

describe('AvgPool1D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new AvgPool1D(3, 1, 1, false))).to.equal('AvgPool1D(size=3, stride=1, pad=1, includePad=false)');
  });
});
