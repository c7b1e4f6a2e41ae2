import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import {
  backendName,
  distinctNd,
  goldenSpec,
  moduleSpec,
  nd,
  onBackend,
  windowsOver,
  type Nd,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './max-pool-3d.golden.js';
import { MaxPool3D } from './max-pool-3d.js';

/** The largest that each window sees, by flat places behind batch and maps. */
function reference(x: Nd, _: unknown, { window }: MaxPool3D): Nd {
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

moduleSpec('MaxPool3D', {
  classes: [MaxPool3D],
  reference,
  cases: [
    { title: 'two along each axis', make: () => new MaxPool3D(), shape: [2, 2, 2, 4, 3], input: distinctNd },
    {
      title: 'overlapping windows, with padding',
      make: () => new MaxPool3D({ size: 3, stride: [1, 2, 2], pad: 1 }),
      shape: [1, 2, 4, 3, 3],
      input: distinctNd,
    },
    {
      title: 'a last window beyond the padding',
      make: () => new MaxPool3D({ size: 3, stride: 2, pad: 1, ceilMode: true }),
      shape: [1, 2, 4, 3, 2],
      input: distinctNd,
    },
    {
      title: 'windows with gaps, padding that keeps the size',
      make: () => new MaxPool3D({ size: 2, stride: 1, pad: 'same', dilation: 2 }),
      shape: [1, 1, 5, 4, 3],
      input: distinctNd,
    },
  ],
  otherShape: [1, 3, 4, 2, 5],
  refuses: [
    {
      title: 'images',
      make: () => new MaxPool3D({ name: 'pool' }),
      run: (module) => module.forward(new Variable(new Float32Array(4), { shape: [1, 1, 2, 2] })),
      type: ShapeError,
      says: ['MaxPool3D "pool"', '[1, 1, 2, 2] is not a batch of volumes'],
    },
    {
      title: 'volumes smaller than the window',
      make: () => new MaxPool3D({ size: 3, dilation: 2 }),
      run: (module) => module.forward(new Variable(new Float32Array(36), { shape: [1, 2, 3, 3, 2] })),
      type: ShapeError,
      says: ['larger than the padded volumes', 'window of 3 with dilation 2'],
    },
    {
      title: 'padding as wide as the window',
      make: () => new MaxPool3D({ size: 3, pad: 3 }),
      type: ValueError,
      says: ['nothing but padding', 'smaller than the window of 3'],
    },
  ],
});

goldenSpec('MaxPool3D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({
    kernel_size: size,
    padding: pad,
    ceil_mode: ceilMode,
    ...rest
  }: Record<'kernel_size' | 'stride' | 'padding' | 'dilation', number> & { ceil_mode?: boolean }) =>
    new MaxPool3D({ size, pad, ceilMode, ...rest }),
});

describe(`MaxPool3D where numbers are equal [${backendName}]`, () => {
  onBackend();

  it('gives the gradient to the first, by depth, row and column', async () => {
    const x = new Variable([0, 0, 1, 0, 1, 1, 1, 1], { shape: [1, 1, 2, 2, 2], requiresGrad: true });
    new MaxPool3D().forward(x).backward();
    expect([...(await x.grad!.data())]).to.deep.equal([0, 0, 1, 0, 0, 0, 0, 0]);
  });
});

describe('MaxPool3D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new MaxPool3D(3, 1, 1))).to.equal('MaxPool3D(size=3, stride=1, pad=1)');
  });
});
