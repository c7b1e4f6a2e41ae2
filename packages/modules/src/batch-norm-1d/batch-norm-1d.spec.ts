import { ShapeError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { expectClose, goldenSpec, moduleSpec, nd, type Nd, type Tensors } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './batch-norm-1d.golden.js';
import { BatchNorm, BatchNorm1D } from './batch-norm-1d.js';

/** Each map by the moments of the batch, or by the running ones. */
function reference(x: Nd, { scale, bias, mean, var: running }: Tensors, { maps, epsilon, training }: BatchNorm1D): Nd {
  const length = sizeOf(x.shape.slice(2));
  const y = nd(x.shape);
  for (let map = 0; map < maps; map++) {
    const places = [...x.data.keys()].filter((at) => Math.floor(at / length) % maps === map);
    const moment = (of: (value: number) => number) =>
      places.reduce((sum, at) => sum + of(x.data[at]!), 0) / places.length;
    const middle = training ? moment((value) => value) : mean!.data[map]!;
    const variance = training ? moment((value) => (value - middle) ** 2) : running!.data[map]!;
    for (const at of places)
      y.data[at] = (scale!.data[map]! * (x.data[at]! - middle)) / Math.sqrt(variance + epsilon) + bias!.data[map]!;
  }
  return y;
}

const values = (...data: number[]) => new Variable(data);
const make = () => new BatchNorm1D(3).setVar('scale', values(1.5, 0.5, -0.5)).setVar('bias', values(-0.5, -0.25, 0.75));

moduleSpec('BatchNorm1D', {
  classes: [BatchNorm1D],
  reference,
  gradientsAtOnce: true,
  regimes: ['ordinary'],
  cases: [
    { title: 'vectors', make, shape: [8, 3] },
    { title: 'sequences', make, shape: [2, 3, 5] },
    {
      title: 'vectors in eval mode',
      make: () =>
        make()
          .setAttr('mean', values(0.1, -0.2, 0.3))
          .evalMode(),
      shape: [8, 3],
    },
  ],
  otherShape: [3, 3, 4],
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
  refuses: [
    {
      title: 'images',
      make: () => new BatchNorm1D({ maps: 3, name: 'norm' }),
      run: (module) => module.forward(new Variable(new Float32Array(12), { shape: [1, 3, 2, 2] })),
      type: ShapeError,
      says: ['BatchNorm1D "norm"', '[1, 3, 2, 2] is not a batch of vectors or sequences'],
    },
    {
      title: 'other maps, with a hint',
      make: () => new BatchNorm1D(3),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['2 maps on axis 1', 'new BatchNorm1D(2)'],
    },
    {
      title: 'a single vector in train mode',
      make: () => new BatchNorm1D(2),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['no variance'],
    },
  ],
});

goldenSpec('BatchNorm1D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ eps, momentum }: { eps: number; momentum: number }, { weight }) =>
    new BatchNorm1D({ maps: weight!.data.length, epsilon: eps, initFactor: momentum, minFactor: momentum }),
  parameters: { weight: 'scale', bias: 'bias' },
  after: async (module, { runningMean, runningVar }) => {
    expectClose(await module.mean.values(), runningMean!.data, 'running mean');
    expectClose(await module.var.values(), runningVar!.data, 'running variance');
  },
});

describe('BatchNorm1D', () => {
  it('goes by PuzzleLib’s name for vectors', () => expect(BatchNorm).to.equal(BatchNorm1D));
});
