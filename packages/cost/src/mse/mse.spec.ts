import { ShapeError, Variable } from '@tessera-nn/core';
import { costSpec, map, randomNd, type Nd } from '@tessera-nn/testing';
import { MSE } from './mse.js';
import { goldens } from './mse.golden.js';

const halfMean = ({ data }: Nd, target: ArrayLike<number>, { half }: MSE) =>
  data.reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0) / data.length / (half ? 2 : 1);

const targets = (size: number) => Float32Array.from(randomNd([size], 5).data);

costSpec('MSE', {
  reference: halfMean,
  gradient: (x, target, { half }) => map(x, (value, i) => ((half ? 1 : 2) * (value - target[i]!)) / x.data.length),
  validation: halfMean,
  reduced: (reduction) => new MSE({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new MSE(), shape: [4, 5], target: targets(20) },
    { title: 'images, not halved', make: () => new MSE({ half: false }), shape: [2, 3, 4, 2], target: targets(48) },
    { title: 'a vector', make: () => new MSE(), shape: [6], target: targets(6) },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: () => new MSE({ half: false }),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new MSE().forward([[1, 2]], [[1], [2]]),
      type: ShapeError,
      says: ['MSE', '[1, 2]', '[2, 1]'],
    },
    {
      title: 'an empty batch',
      run: () => new MSE().forward(new Variable(new Float32Array(0), { shape: [0, 2] }), new Float32Array(0)),
      type: ShapeError,
      says: ['empty', '[0, 2]'],
    },
  ],
});
