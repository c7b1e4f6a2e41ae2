import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Pad1D } from './pad-1d.js';

/** Each place of the result as what the mode finds for it along each axis. */
function reference(x: Nd, _: unknown, { sides, mode, fillValue }: Pad1D): Nd {
  const [batch, maps, ...lengths] = x.shape as [number, number, ...number[]];
  const found = (at: number, n: number) =>
    ({
      constant: at < 0 || at >= n ? -1 : at,
      reflect: at < 0 ? -at : at >= n ? 2 * (n - 1) - at : at,
      edge: Math.min(n - 1, Math.max(0, at)),
      circular: (at + n) % n,
    })[mode];
  let places = [0];
  for (const [axis, length] of lengths.entries()) {
    const [before, behind] = sides[axis]!;
    const along = Array.from({ length: before + length + behind }, (_, i) => found(i - before, length));
    places = places.flatMap((outer) => along.map((at) => (outer < 0 || at < 0 ? -1 : outer * length + at)));
  }
  const size = lengths.reduce((a, b) => a * b, 1);
  const all = Array.from({ length: batch * maps }, (_, map) =>
    places.map((place) => (place < 0 ? fillValue : x.data[map * size + place]!)),
  );
  return nd([batch, maps, ...lengths.map((length, axis) => length + sides[axis]![0] + sides[axis]![1])], all.flat());
}

moduleSpec('Pad1D', {
  classes: [Pad1D],
  reference,
  cases: [
    { title: 'a number around', make: () => new Pad1D(1, 'constant', -0.5), shape: [2, 3, 4] },
    ...(['reflect', 'edge', 'circular'] as const).map((mode) => ({
      title: mode,
      make: () => new Pad1D({ pad: [2, 1], mode }),
      shape: [2, 3, 4],
    })),
  ],
  otherShape: [1, 2, 6],
  refuses: [
    {
      title: 'another rank',
      make: () => new Pad1D({ pad: 1, name: 'pad' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['Pad1D "pad"', '[1, 2] is not a batch of sequences'],
    },
    {
      title: 'sequences too small to be mirrored',
      make: () => new Pad1D({ pad: 2, mode: 'reflect' }),
      run: (module) => module.forward(new Variable(new Float32Array(2), { shape: [1, 1, 2] })),
      type: ShapeError,
      says: ['not as much inside [1, 1, 2]', "'edge'"],
    },
    { title: 'half a place', make: () => new Pad1D(0.5), type: ValueError, says: ['pad', '0.5'] },
  ],
});

describe('Pad1D', () => {
  it('prints as the call that makes it', () => {
    expect(String(new Pad1D({ pad: [2, 1], mode: 'edge' }))).to.equal('Pad1D([2, 1], mode="edge")');
  });
});
