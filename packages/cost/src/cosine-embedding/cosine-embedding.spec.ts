import { CostError, ones, ShapeError } from '@tessera-nn/core';
import { costOfParts, costSpec, type Nd } from '@tessera-nn/testing';
import { CosineEmbedding } from './cosine-embedding.js';
import { goldens } from './cosine-embedding.golden.js';

const mean =
  (margin: number) =>
  ({ shape, data }: Nd, labels: ArrayLike<number>): number => {
    const size = shape[1]! / 2;
    const losses = Array.from({ length: shape[0]! }, (_, b) => {
      const x1 = data.slice(2 * b * size, (2 * b + 1) * size);
      const x2 = data.slice((2 * b + 1) * size, 2 * (b + 1) * size);
      const dot = (a: ArrayLike<number>, c: ArrayLike<number>) =>
        Array.from(a).reduce((sum, value, i) => sum + value * c[i]!, 0);
      const cosine = dot(x1, x2) / Math.sqrt((dot(x1, x1) + 1e-12) * (dot(x2, x2) + 1e-12));
      return labels[b] === 1 ? 1 - cosine : Math.max(0, cosine - margin);
    });
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  };

costSpec('CosineEmbedding', {
  reference: mean(-0.5),
  validation: mean(-0.5),
  regimes: ['ordinary'],
  reduced: (reduction) => costOfParts(new CosineEmbedding({ margin: -0.5, reduction }), 2),
  cases: [
    {
      title: 'pairs',
      make: () => costOfParts(new CosineEmbedding({ margin: -0.5 }), 2),
      shape: [4, 6],
      target: Float32Array.of(1, -1, -1, 1),
    },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: (attrs) => costOfParts(new CosineEmbedding(attrs), 2),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'outputs that are no rows',
      run: () => new CosineEmbedding().forward([ones([2]), ones([2])], [1, 1]),
      type: ShapeError,
      says: ['CosineEmbedding: x1, x2 do not have one shape', '[2], [2]'],
    },
    {
      title: 'labels of 0',
      run: () => new CosineEmbedding().forward([ones([1, 2]), ones([1, 2])], [0]),
      type: CostError,
      says: ['-1 or 1'],
    },
  ],
});
