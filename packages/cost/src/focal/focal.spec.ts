import { CostError, ShapeError } from '@tessera-nn/core';
import { costSpec, type Nd } from '@tessera-nn/testing';
import { Focal } from './focal.js';
import { goldens } from './focal.golden.js';

const targets = (size: number) => Float32Array.from({ length: size }, (_, i) => (i % 4) / 3);
const softPlus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function mean({ data }: Nd, target: ArrayLike<number>, { alpha, gamma }: Focal): number {
  const losses = Array.from(data, (x, i) => {
    const t = target[i]!;
    const missed = (1 - t) * Math.exp(-softPlus(-x)) + t * Math.exp(-softPlus(x));
    return (alpha * t + (1 - alpha) * (1 - t)) * missed ** gamma * ((1 - t) * x + softPlus(-x));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

costSpec('Focal', {
  reference: mean,
  validation: ({ data }, target) => data.filter((x, i) => x > 0 !== target[i]! > 0.5).length / data.length,
  reduced: (reduction) => new Focal({ reduction }),
  cases: [{ title: 'a matrix', make: () => new Focal(), shape: [3, 4], target: targets(12) }],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: (attrs) => new Focal(attrs),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new Focal().forward([[1, 1]], [[1], [1]]),
      type: ShapeError,
      says: ['Focal', '[1, 2]', '[2, 1]'],
    },
    {
      title: 'targets that are no probabilities',
      run: () => new Focal().forward([[1, 1]], [[0, 2]]),
      type: CostError,
      says: ['Focal: target 2 at position 1', 'numbers from 0 to 1'],
    },
  ],
});
