import { ShapeError } from '@tessera-nn/core';
import { goldenSpec, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import type { Triple } from '../window/pad.js';
import { goldens } from './upsample-3d.golden.js';
import { Upsample3D } from './upsample-3d.js';

/** One axis after the other: each place of the result as the sum of all of the input, times how near they are. */
function reference(x: Nd, _: unknown, { scale, placing }: Upsample3D): Nd {
  const along = ({ shape, data }: Nd, axis: number): Nd => {
    const [length, times] = [shape[axis]!, scale[axis - 2]!];
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const y = nd(shape.map((size, at) => (at === axis ? size * times : size)));
    y.data.forEach((_, at) => {
      const i = Math.floor(at / inner) % (length * times);
      const outer = Math.floor(at / inner / length / times);
      const corners = (i * (length - 1)) / (length * times - 1 || 1);
      const middles = Math.min(length - 1, Math.max(0, (i + 0.5) / times - 0.5));
      const place = placing === 'nearest' ? Math.floor(i / times) : placing === 'corners' ? corners : middles;
      for (let from = 0; from < length; from++) {
        const share = Math.max(0, 1 - Math.abs(place - from));
        if (share > 0) y.data[at]! += share * data[(outer * length + from) * inner + (at % inner)]!;
      }
    });
    return y;
  };
  return [2, 3, 4].reduce(along, x);
}

moduleSpec('Upsample3D', {
  classes: [Upsample3D],
  reference,
  cases: [
    { title: 'each place eight times', make: () => new Upsample3D(), shape: [2, 2, 2, 2, 3] },
    {
      title: 'trilinear, other scales of the axes',
      make: () => new Upsample3D([2, 1, 3], 'linear'),
      shape: [1, 2, 3, 2, 2],
    },
    {
      title: 'trilinear by the middles of places',
      make: () => new Upsample3D({ mode: 'trilinear', alignCorners: false }),
      shape: [1, 2, 2, 1, 3],
    },
  ],
  otherShape: [1, 3, 1, 3, 2],
  refuses: [
    {
      title: 'a matrix',
      make: () => new Upsample3D({ name: 'up' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['Upsample3D "up"', '[1, 2] is not a batch of volumes'],
    },
  ],
});

goldenSpec('Upsample3D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: (attrs: { scale: Triple; mode: 'nearest' | 'trilinear'; align_corners?: boolean }) =>
    new Upsample3D({ scale: attrs.scale, mode: attrs.mode, alignCorners: attrs.align_corners }),
});

describe('Upsample3D', () => {
  it('prints as the call that makes it', () => {
    expect(String(new Upsample3D({ scale: [1, 2, 2], mode: 'linear' }))).to.equal(
      'Upsample3D(scale=[1, 2, 2], mode="trilinear")',
    );
  });
});
