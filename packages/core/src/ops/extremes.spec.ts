import { binaryRow, onBackend, opSpec, unaryRow, type OpRow } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import * as extremes from './extremes.js';

const { clip, maximum, minimum } = extremes;

const rows: Record<keyof typeof extremes, OpRow> = {
  maximum: binaryRow(maximum, Math.max),
  minimum: binaryRow(minimum, Math.min),
  clip: unaryRow(
    (x) => clip(x, -0.7, 1.1),
    (x) => Math.min(Math.max(x, -0.7), 1.1),
  ),
};

opSpec('extremes', rows);

describe('extremes', () => {
  onBackend();

  it('share the gradient where both are equal, as PyTorch does', async () => {
    for (const op of [maximum, minimum]) {
      const [a, b] = [1, 2].map(() => new Variable([2, 2], { requiresGrad: true })) as [Variable, Variable];
      op(a, b).backward([1, 4]);
      for (const { grad } of [a, b]) expect(await grad!.array()).to.deep.equal([0.5, 2]);
    }
  });

  it('take a number for one of them, and pass NaN', async () => {
    const x = new Variable([-1, 3, NaN, Infinity]);
    expect(await maximum(x, 1).array()).to.deep.equal([1, 3, NaN, Infinity]);
    expect(await minimum(x, 1).array()).to.deep.equal([-1, 1, NaN, 1]);
    expect(await clip(x, 0, 2).array()).to.deep.equal([0, 2, NaN, 2]);
    expect(await clip(x, 0).array()).to.deep.equal([0, 3, NaN, Infinity]);
    expect(await clip(x, 2, 1).array()).to.deep.equal([1, 1, NaN, 1]);
  });

  it('pass the gradient of what lies on a bound, as torch.clamp does', async () => {
    const x = new Variable([-2, -1, 0, 1, 2], { requiresGrad: true });
    clip(x, -1, 1).backward([1, 1, 1, 1, 1]);
    expect(await x.grad!.array()).to.deep.equal([0, 1, 1, 1, 0]);
  });
});
