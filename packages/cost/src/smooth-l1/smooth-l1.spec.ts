import { ShapeError } from '@tessera-nn/core';
import { costSpec, map, randomNd, type Nd } from '@tessera-nn/testing';
import { SmoothL1 } from './smooth-l1.js';
import { goldens } from './smooth-l1.golden.js';

const targets = (size: number) => Float32Array.from(randomNd([size], 5).data);
const distance = (d: number, beta: number) => (d < beta ? (d * d) / (2 * beta) : d - beta / 2);
const mean = ({ data }: Nd, target: ArrayLike<number>, { beta }: SmoothL1) =>
  data.reduce((sum, x, i) => sum + distance(Math.abs(x - target[i]!), beta), 0) / data.length;

costSpec('SmoothL1', {
  reference: mean,
  gradient: (x, target, { beta }) =>
    map(x, (value, i) => Math.max(-1, Math.min(1, (value - target[i]!) / beta)) / x.data.length),
  validation: mean,
  reduced: (reduction) => new SmoothL1({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new SmoothL1(), shape: [4, 5], target: targets(20) },
    { title: 'images', make: () => new SmoothL1({ beta: 0.3 }), shape: [2, 3, 4, 2], target: targets(48) },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: ({ beta }) => new SmoothL1({ beta: beta as number }),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new SmoothL1().forward([[1, 1]], [[1], [1]]),
      type: ShapeError,
      says: ['SmoothL1', '[1, 2]', '[2, 1]'],
    },
  ],
});
