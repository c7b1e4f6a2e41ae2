import { CostError, ShapeError } from '@tessera-nn/core';
import { costSpec, nd, type Nd } from '@tessera-nn/testing';
import { BCE } from './bce.js';
import { goldens } from './bce.golden.js';

const targets = (size: number) => Float32Array.from({ length: size }, (_, i) => (i % 4) / 3);
const softPlus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const mean = ({ data }: Nd, target: ArrayLike<number>, { posWeight }: BCE) =>
  data.reduce((sum, x, i) => sum + ((1 - target[i]!) * x + (1 + (posWeight - 1) * target[i]!) * softPlus(-x)), 0) /
  data.length;

costSpec('BCE', {
  reference: mean,
  gradient: ({ shape, data }, target, { posWeight }) => {
    const slope = (x: number, t: number) => 1 - t - (1 + (posWeight - 1) * t) / (1 + Math.exp(x));
    return nd(
      shape,
      data.map((x, i) => slope(x, target[i]!) / data.length),
    );
  },
  validation: ({ data }, target) => data.filter((x, i) => x > 0 !== target[i]! > 0.5).length / data.length,
  reduced: (reduction) => new BCE({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new BCE(), shape: [4, 5], target: targets(20) },
    { title: 'images', make: () => new BCE({ posWeight: 3 }), shape: [2, 3, 4, 2], target: targets(48) },
    { title: 'a column', make: () => new BCE(), shape: [6, 1], target: targets(6) },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: ({ posWeight = 1 }) => new BCE({ posWeight: posWeight as number }),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new BCE().forward([[1, 1]], [[1], [1]]),
      type: ShapeError,
      says: ['BCE', '[1, 2]', '[2, 1]'],
    },
    {
      title: 'targets that are no probabilities',
      run: () => new BCE().forward([[1, 1]], [[0, 2]]),
      type: CostError,
      says: ['BCE: target 2 at position 1', 'numbers from 0 to 1'],
    },
  ],
});
