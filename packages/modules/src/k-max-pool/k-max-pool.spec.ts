import { ShapeError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { backendName, distinctNd, moduleSpec, nd, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { KMaxPool } from './k-max-pool.js';

/** Each line along the axis, sorted. */
function reference(x: Nd, _: unknown, { topk, axis }: KMaxPool): Nd {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const [length, inner] = [x.shape[at]!, sizeOf(x.shape.slice(at + 1))];
  const y = nd(x.shape.map((size, i) => (i === at ? topk : size)));
  for (let outer = 0; outer < sizeOf(x.shape.slice(0, at)); outer++)
    for (let i = 0; i < inner; i++) {
      const line = Array.from({ length }, (_, k) => x.data[(outer * length + k) * inner + i]!);
      const kept = line.sort((a, b) => a - b).slice(-topk);
      kept.forEach((value, k) => (y.data[(outer * topk + k) * inner + i] = value));
    }
  return y;
}

moduleSpec('KMaxPool', {
  classes: [KMaxPool],
  reference,
  draw: () => ({ make: () => new KMaxPool(2, 1), shape: [3, 5], input: distinctNd }),
  cases: [
    { title: 'the last axis', make: () => new KMaxPool({ topk: 2, axis: -1 }), shape: [3, 2, 5], input: distinctNd },
    { title: 'an axis in the middle', make: () => new KMaxPool(3, 1), shape: [2, 4, 3], input: distinctNd },
  ],
  otherShape: [2, 3, 4],
  refuses: [
    {
      title: 'an axis that is too short',
      make: () => new KMaxPool({ topk: 3, axis: 1, name: 'pool' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['KMaxPool "pool"', '[1, 2] has no 3 values along axis 1'],
    },
    {
      title: 'an axis that there is not',
      make: () => new KMaxPool(1, 2),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['along axis 2'],
    },
  ],
});

describe(`KMaxPool where numbers are equal [${backendName}]`, () => {
  onBackend();

  it('keeps those that come first, infinities too', async () => {
    const x = new Variable([[1, Infinity, 1, 1, 0]], { requiresGrad: true });
    const y = new KMaxPool(3, 1).forward(x);
    expect([...(await y.values())]).to.deep.equal([1, 1, Infinity]);
    y.backward([[1, 2, 4]]);
    expect([...(await x.grad!.data())]).to.deep.equal([2, 4, 1, 0, 0]);
  });

  it('prints as the call that makes it', () => {
    expect(String(new KMaxPool(3, -1))).to.equal('KMaxPool(3, axis=-1)');
  });
});
