import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { backendName, goldenSpec, moduleSpec, nd, onBackend, windowsOver, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './lp-pool-2d.golden.js';
import { LpPool2D } from './lp-pool-2d.js';

/** The norm of what each window sees. */
function reference(x: Nd, _: unknown, { window, p }: LpPool2D): Nd {
  const [batch, maps, ...lengths] = x.shape as [number, number, ...number[]];
  const { counts, taps } = windowsOver(lengths, window);
  const y = nd([batch, maps, ...counts]);
  y.data.forEach((_, at) => {
    const map = Math.floor(at / taps.length) * sizeOf(lengths);
    const seen = taps[at % taps.length]!.filter((place) => place >= 0);
    y.data[at] = seen.reduce((sum, place) => sum + Math.abs(x.data[map + place]!) ** p, 0) ** (1 / p);
  });
  return y;
}

moduleSpec('LpPool2D', {
  classes: [LpPool2D],
  reference,
  kinks: ({ p }) => (p === 2 ? [] : [0]),
  cases: [
    { title: 'two by two', make: () => new LpPool2D(), shape: [2, 2, 4, 4] },
    {
      title: 'another exponent, padding and a last window beyond it',
      make: () => new LpPool2D({ p: 3, size: 3, pad: 1, ceilMode: true }),
      shape: [1, 2, 4, 4],
    },
    {
      title: 'windows with gaps',
      make: () => new LpPool2D({ size: 2, stride: 1, dilation: 2 }),
      shape: [1, 2, 4, 3],
    },
  ],
  otherShape: [1, 1, 5, 2],
  refuses: [
    {
      title: 'a matrix',
      make: () => new LpPool2D({ name: 'pool' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['LpPool2D "pool"', '[1, 2] is not a batch of images'],
    },
    { title: 'half an exponent', make: () => new LpPool2D(0.5), type: ValueError, says: ['p', 'from 1', '0.5'] },
  ],
});

goldenSpec('LpPool2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: (attrs: { norm_type: number; kernel_size: number; stride: number; ceil_mode: boolean }) =>
    new LpPool2D({ p: attrs.norm_type, size: attrs.kernel_size, stride: attrs.stride, ceilMode: attrs.ceil_mode }),
});

describe(`LpPool2D of zeros [${backendName}]`, () => {
  onBackend();

  it('is 0, with a gradient of 0', async () => {
    const x = new Variable(new Float32Array(4), { shape: [1, 1, 2, 2], requiresGrad: true });
    const y = new LpPool2D().forward(x);
    y.backward();
    expect([...(await y.values()), ...(await x.grad!.data())]).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it('prints as the call that makes it', () => {
    expect(String(new LpPool2D(3, 2, 1))).to.equal('LpPool2D(3, size=2, stride=1)');
  });
});
