import { CostError, ShapeError } from '@tessera-nn/core';
import { costSpec, map, type Nd } from '@tessera-nn/testing';
import { KLDivergence } from './kl-divergence.js';
import { goldens } from './kl-divergence.golden.js';

const shares = (size: number) => Float32Array.from({ length: size }, (_, i) => (i % 4) / 6);

/** Of each sample, over all that it has. */
function softmax(data: ArrayLike<number>, batch: number): number[] {
  const size = data.length / batch;
  return Array.from({ length: batch }, (_, b) => {
    const row = Array.from({ length: size }, (_, i) => data[b * size + i]!);
    const most = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - most));
    const sum = powers.reduce((a, value) => a + value);
    return powers.map((value) => value / sum);
  }).flat();
}

const distribution = (target: ArrayLike<number>, { shape }: Nd, { normTarget }: KLDivergence) =>
  normTarget ? softmax(target, shape[0]!) : Array.from(target);

function divergence(x: Nd, target: ArrayLike<number>, cost: KLDivergence): number {
  const [batch] = x.shape as [number];
  const size = x.data.length / batch;
  const logSum = (b: number) => {
    const row = x.data.slice(b * size, (b + 1) * size);
    const most = Math.max(...row);
    return most + Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0));
  };
  return (
    distribution(target, x, cost).reduce(
      (sum, t, i) => sum + (t === 0 ? 0 : t * (Math.log(t) - x.data[i]! + logSum(Math.floor(i / size)))),
      0,
    ) / batch
  );
}

costSpec('KLDivergence', {
  reference: divergence,
  gradient: (x, target, cost) => {
    const t = distribution(target, x, cost);
    const p = softmax(x.data, x.shape[0]!);
    const size = x.data.length / x.shape[0]!;
    const sums = Array.from({ length: x.shape[0]! }, (_, b) =>
      t.slice(b * size, (b + 1) * size).reduce((sum, value) => sum + value, 0),
    );
    return map(x, (_, i) => (p[i]! * sums[Math.floor(i / size)]! - t[i]!) / x.shape[0]!);
  },
  validation: divergence,
  reduced: (reduction) => new KLDivergence({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new KLDivergence(), shape: [4, 5], target: shares(20) },
    {
      title: 'images, of logits',
      make: () => new KLDivergence({ normTarget: true }),
      shape: [2, 3, 2, 2],
      target: shares(24),
    },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: () => new KLDivergence(),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new KLDivergence().forward([[1, 1]], [[1], [1]]),
      type: ShapeError,
      says: ['KLDivergence', '[1, 2]', '[2, 1]'],
    },
    {
      title: 'targets below 0',
      run: () => new KLDivergence().forward([[1, 1]], [[0.5, -0.5]]),
      type: CostError,
      says: ['KLDivergence: target -0.5 at position 1', 'numbers from 0'],
    },
  ],
});
