import { ShapeError, Variable } from '@tessera-nn/core';
import { backendName, map, moduleSpec, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Mul } from './mul.js';

moduleSpec('Mul', {
  classes: [Mul],
  reference: (xs: readonly Nd[]) => map(xs[0]!, (_, i) => xs.reduce((product, { data }) => product * data[i]!, 1)),
  cases: [
    {
      title: 'three images',
      make: () => new Mul(),
      shape: [
        [2, 3, 4, 5],
        [2, 3, 4, 5],
        [2, 3, 4, 5],
      ],
    },
    { title: 'one matrix', make: () => new Mul('gate'), shape: [[3, 4]] },
  ],
  otherShape: [
    [1, 3, 2, 2],
    [1, 3, 2, 2],
  ],
  refuses: [
    {
      title: 'shapes that differ',
      make: () => new Mul('gate'),
      run: (module) => module.forward([new Variable([[1, 2]]), new Variable([1, 2])]),
      type: ShapeError,
      says: ['Mul "gate"', 'one shape', '[1, 2] and [2]'],
    },
  ],
});

describe(`Mul of one Variable with itself [${backendName}]`, () => {
  onBackend();

  it('has the gradient of a square', async () => {
    const x = new Variable([3, -2], { requiresGrad: true });
    new Mul().forward([x, x]).backward([1, 10]);
    expect([...(await x.grad!.data())]).to.deep.equal([6, -40]);
  });
});
