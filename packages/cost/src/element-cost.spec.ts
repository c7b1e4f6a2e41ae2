import { ShapeError, Variable } from '@tessera-nn/core';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Abs, BCE, Huber, KLDivergence, SmoothL1 } from './index.js';

describe(`Costs of each element [${backendName}]`, () => {
  onBackend();

  it('take flat targets where predictions are one column, and no others', async () => {
    const column = [[1], [3]];
    expect(await new Abs().forward(column, [2, 2]).item()).to.equal(1);
    expect(await new Abs().forward(column, new Variable([2, 2])).item()).to.equal(1);
    expect(() => new Abs().forward([[1, 3]], [2, 2])).to.throw(ShapeError, '[1, 2]');
    expect(() => new Abs().forward([[[1]], [[3]]], [2, 2])).to.throw(ShapeError, '[2, 1, 1]');
  });

  it('take targets of whole numbers as numbers', async () => {
    expect(await new Abs().forward([[1, 3]], Uint8Array.of(3, 3)).item()).to.equal(1);
    expect(await new BCE().validate([[1, -1]], new Variable([[1, 1]], { dtype: 'int32' }))).to.equal(0.5);
  });

  it('differentiate targets as well', async () => {
    const target = new Variable([[2, 5]], { requiresGrad: true });
    new Abs().forward([[1, 6]], target).backward();
    expect(await target.grad!.array()).to.deep.equal([[0.5, -0.5]]);
  });

  it('have the presets of PyTorch', () => {
    expect([new Huber().delta, new SmoothL1().beta, new BCE().posWeight]).to.deep.equal([1, 1, 1]);
    expect(new KLDivergence().normTarget).to.equal(false);
  });
});
