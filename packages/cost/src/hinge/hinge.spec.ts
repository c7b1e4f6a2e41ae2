import { CostError, ShapeError } from '@tessera-nn/core';
import { costSpec, map, randomNd, type Nd } from '@tessera-nn/testing';
import { Hinge } from './hinge.js';

const targets = (size: number) => Float32Array.from(randomNd([size], 5).data, (value) => (value < 0 ? -1 : 1));
const mean = ({ data }: Nd, target: ArrayLike<number>) =>
  data.reduce((sum, x, i) => sum + Math.max(0, 1 - x * target[i]!), 0) / data.length;

costSpec('Hinge', {
  reference: mean,
  gradient: (x, target) => map(x, (value, i) => (target[i]! * value < 1 ? -target[i]! / x.data.length : 0)),
  validation: mean,
  reduced: (reduction) => new Hinge({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new Hinge(), shape: [4, 5], target: targets(20) },
    { title: 'images', make: () => new Hinge(), shape: [2, 3, 4, 2], target: targets(48) },
  ],
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new Hinge().forward([[1, 1]], [[1], [1]]),
      type: ShapeError,
      says: ['Hinge', '[1, 2]', '[2, 1]'],
    },
    {
      title: 'targets that are classes',
      run: () => new Hinge().forward([[1, 1]], [[0, 1]]),
      type: CostError,
      says: ['Hinge: target 0 at position 0', 'Expected -1 or 1'],
    },
  ],
});
