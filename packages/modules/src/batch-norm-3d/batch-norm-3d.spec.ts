import { ShapeError, Variable } from '@tessera-nn/core';
import { goldenSpec, moduleSpec, normalizeMaps } from '@tessera-nn/testing';
import { goldens } from './batch-norm-3d.golden.js';
import { BatchNorm3D } from './batch-norm-3d.js';

const values = (...data: number[]) => new Variable(data);

moduleSpec('BatchNorm3D', {
  classes: [BatchNorm3D],
  reference: (x, { scale, bias }, { epsilon }) => normalizeMaps(x, scale!, bias!, epsilon),
  gradientsAtOnce: true,
  regimes: ['ordinary'],
  cases: [
    {
      title: 'volumes',
      make: () => new BatchNorm3D(3).setVar('scale', values(1.5, 0.5, -0.5)).setVar('bias', values(-0.5, -0.25, 0.75)),
      shape: [2, 3, 2, 3, 2],
    },
  ],
  otherShape: [1, 3, 3, 1, 4],
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
  refuses: [
    {
      title: 'images',
      make: () => new BatchNorm3D({ maps: 3, name: 'norm' }),
      run: (module) => module.forward(new Variable(new Float32Array(12), { shape: [1, 3, 2, 2] })),
      type: ShapeError,
      says: ['BatchNorm3D "norm"', '[1, 3, 2, 2] is not a batch of volumes'],
    },
  ],
});

goldenSpec('BatchNorm3D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ eps, momentum }: { eps: number; momentum: number }, { weight }) =>
    new BatchNorm3D({ maps: weight!.data.length, epsilon: eps, initFactor: momentum, minFactor: momentum }),
  parameters: { weight: 'scale', bias: 'bias' },
});
