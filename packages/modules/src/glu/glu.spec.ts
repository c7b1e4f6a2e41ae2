import { ShapeError } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { goldenSpec, map, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { goldens } from './glu.golden.js';
import { Glu } from './glu.js';

/** Each place of the result asks the place in the first half, and the one as far behind it as the half is long. */
function reference(x: Nd, _: unknown, { axis }: Glu): Nd {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const half = (x.shape[at]! / 2) * sizeOf(x.shape.slice(at + 1));
  const y = nd(x.shape.map((size, i) => (i === at ? size / 2 : size)));
  return map(y, (_, place) => {
    const first = Math.floor(place / half) * 2 * half + (place % half);
    return x.data[first]! / (1 + Math.exp(-x.data[first + half]!));
  });
}

moduleSpec('Glu', {
  classes: [Glu],
  reference,
  regimes: ['ordinary'],
  cases: [
    { title: 'maps', make: () => new Glu(), shape: [2, 4, 3, 2] },
    { title: 'the last axis', make: () => new Glu({ axis: -1 }), shape: [3, 2, 6] },
  ],
  otherShape: [1, 6, 2, 2],
  refuses: [
    {
      title: 'an axis without halves',
      make: () => new Glu({ name: 'gate' }),
      run: (module) => module.forward([[1, 2, 3]]),
      type: ShapeError,
      says: ['Glu "gate"', '[1, 3] has no halves along axis 1', 'an even size'],
    },
  ],
});

goldenSpec('Glu', { producer: 'PyTorch 2.13.0', goldens, make: ({ dim }: { dim: number }) => new Glu(dim) });
