import { Variable } from '@tessera-nn/core';
import { backendName, moduleSpec, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { ToList } from './to-list.js';

moduleSpec('ToList', {
  classes: [ToList],
  reference: (xs: readonly Nd[]) => xs,
  specials: true,
  cases: [{ title: 'a list', make: () => new ToList(), shape: [[2, 3, 4, 5], [7]] }],
  otherShape: [
    [1, 3],
    [2, 2],
  ],
});

describe(`ToList [${backendName}]`, () => {
  onBackend();

  it('unrolls lists in lists in their order, and puts one Variable into a list', async () => {
    const [a, b, c] = [1, 2, 3].map((value) => new Variable([value]));
    const list = new ToList().forward([[a!, [b!]], c!]);
    expect(await Promise.all(list.map((part) => part.item()))).to.deep.equal([1, 2, 3]);
    expect(new ToList().forward(a!).length).to.equal(1);
    expect(new ToList().dataShapeFrom([[[2], [[3, 4]]], [5]])).to.deep.equal([[2], [3, 4], [5]]);
    expect(new ToList().dataShapeFrom([6, 7])).to.deep.equal([[6, 7]]);
  });

  it('gives back gradients in the lists that came', async () => {
    const parts = [new Variable([1]), new Variable([2])];
    const module = new ToList('flat');
    module.forward([[parts[0]!], parts[1]!]);
    module.backward([new Variable([10]), new Variable([20])]);
    const [[first], second] = module.grad as [[Variable], Variable];
    expect([await first.item(), await second.item()]).to.deep.equal([10, 20]);
  });
});
