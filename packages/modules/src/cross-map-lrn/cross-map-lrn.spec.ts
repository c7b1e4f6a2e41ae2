import { ShapeError } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { goldenSpec, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './cross-map-lrn.golden.js';
import { CrossMapLRN } from './cross-map-lrn.js';

/** Each value by the squares of the maps around it. */
function reference(x: Nd, _: unknown, { N, alpha, beta, K }: CrossMapLRN): Nd {
  const [, maps, height, width] = imageShape(x.shape);
  const first = Math.floor((N - 1) / 2);
  return nd(
    x.shape,
    x.data.map((value, at) => {
      const map = Math.floor(at / height / width) % maps;
      let total = 0;
      for (let c = Math.max(0, map - first); c < Math.min(maps, map - first + N); c++)
        total += x.data[at + (c - map) * height * width]! ** 2;
      return value / (K + (alpha / N) * total) ** beta;
    }),
  );
}

moduleSpec('CrossMapLRN', {
  classes: [CrossMapLRN],
  reference,
  cases: [
    { title: 'five maps', make: () => new CrossMapLRN({ alpha: 1, K: 1 }), shape: [2, 7, 2, 3] },
    { title: 'an even count', make: () => new CrossMapLRN(4, 0.5, 0.5, 2), shape: [1, 6, 2, 2] },
  ],
  otherShape: [1, 3, 3, 1],
  refuses: [
    {
      title: 'a matrix',
      make: () => new CrossMapLRN({ name: 'norm' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['CrossMapLRN "norm"', '[1, 2] is not a batch of images'],
    },
  ],
});

goldenSpec('CrossMapLRN', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ size: N, k: K, ...rest }: Record<'size' | 'alpha' | 'beta' | 'k', number>) =>
    new CrossMapLRN({ N, K, ...rest }),
});

describe('CrossMapLRN', () => {
  it('has the presets of PuzzleLib', () => {
    expect(String(new CrossMapLRN())).to.equal('CrossMapLRN(5, alpha=0.0001, beta=0.75, K=2)');
  });
});
