import { CostError, ones, ShapeError, Variable } from '@tessera-nn/core';
import { backendName, costOfParts, costSpec, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Triplet } from './triplet.js';
import { goldens } from './triplet.golden.js';

const mean = ({ shape, data }: Nd): number => {
  const size = shape[1]! / 3;
  const losses = Array.from({ length: shape[0]! }, (_, b) => {
    const [anchor, positive, negative] = [0, 1, 2].map((part) =>
      data.slice((3 * b + part) * size, (3 * b + part + 1) * size),
    );
    const between = (x: ArrayLike<number>, y: ArrayLike<number>) =>
      Math.sqrt(Array.from(x).reduce((sum, value, i) => sum + (value - y[i]! + 1e-6) ** 2, 0));
    return Math.max(0, between(anchor!, positive!) - between(anchor!, negative!) + 1);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
};

costSpec('Triplet', {
  reference: mean,
  validation: mean,
  regimes: ['ordinary'],
  reduced: (reduction) => costOfParts(new Triplet({ reduction }), 3),
  cases: [{ title: 'triplets', make: () => costOfParts(new Triplet(), 3), shape: [4, 6], target: new Float32Array(4) }],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: ({ swap, ...attrs }) => costOfParts(new Triplet({ ...attrs, swap: swap === 1 }), 3),
    toTarget: (target) => Float32Array.from(target),
  },
  refuses: [
    {
      title: 'a pair',
      run: () => new Triplet().forward([ones([1, 2]), ones([1, 2])]),
      type: CostError,
      says: ['Triplet compares anchor, positive, negative', 'a list of 2'],
    },
    {
      title: 'outputs of two shapes',
      run: () => new Triplet().forward([ones([1, 2]), ones([1, 2]), ones([1, 3])]),
      type: ShapeError,
      says: ['[1, 2], [1, 2], [1, 3]'],
    },
  ],
});

describe(`Triplet [${backendName}]`, () => {
  onBackend();

  it('has a finite gradient where all are equal, and needs no target', async () => {
    const same = new Variable([[1, 2]], { requiresGrad: true });
    const loss = new Triplet().forward([same, same, same]);
    loss.backward();
    expect(await loss.item()).to.equal(1);
    for (const value of await same.grad!.data()) expect(value).to.satisfy(Number.isFinite);
  });
});
