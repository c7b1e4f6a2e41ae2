import { ShapeError } from '@tessera-nn/core';
import { costSpec, map, randomNd, type Nd } from '@tessera-nn/testing';
import { Huber } from './huber.js';
import { goldens } from './huber.golden.js';

const targets = (size: number) => Float32Array.from(randomNd([size], 5).data);
const distance = (d: number, delta: number) => (d <= delta ? (d * d) / 2 : delta * (d - delta / 2));
const mean = ({ data }: Nd, target: ArrayLike<number>, { delta }: Huber) =>
  data.reduce((sum, x, i) => sum + distance(Math.abs(x - target[i]!), delta), 0) / data.length;

costSpec('Huber', {
  reference: mean,
  gradient: (x, target, { delta }) =>
    map(x, (value, i) => Math.max(-delta, Math.min(delta, value - target[i]!)) / x.data.length),
  validation: mean,
  reduced: (reduction) => new Huber({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new Huber(), shape: [4, 5], target: targets(20) },
    { title: 'images', make: () => new Huber({ delta: 0.3 }), shape: [2, 3, 4, 2], target: targets(48) },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: ({ delta }) => new Huber({ delta: delta as number }),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new Huber().forward([[1, 1]], [[1], [1]]),
      type: ShapeError,
      says: ['Huber', '[1, 2]', '[2, 1]'],
    },
  ],
});
