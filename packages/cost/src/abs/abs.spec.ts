import { ShapeError } from '@tessera-nn/core';
import { costSpec, map, randomNd, type Nd } from '@tessera-nn/testing';
import { Abs } from './abs.js';
import { goldens } from './abs.golden.js';

const targets = (size: number) => Float32Array.from(randomNd([size], 5).data);
const mean = ({ data }: Nd, target: ArrayLike<number>) =>
  data.reduce((sum, x, i) => sum + Math.abs(x - target[i]!), 0) / data.length;

costSpec('Abs', {
  reference: mean,
  gradient: (x, target) => map(x, (value, i) => Math.sign(value - target[i]!) / x.data.length),
  validation: mean,
  reduced: (reduction) => new Abs({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new Abs(), shape: [4, 5], target: targets(20) },
    { title: 'images', make: () => new Abs(), shape: [2, 3, 4, 2], target: targets(48) },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: () => new Abs(),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new Abs().forward([[1, 1]], [[1], [1]]),
      type: ShapeError,
      says: ['Abs', '[1, 2]', '[2, 1]'],
    },
  ],
});
