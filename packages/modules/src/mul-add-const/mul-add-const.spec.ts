import { ModuleError, ValueError, Variable } from '@tessera-nn/core';
import { map, moduleSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { MulAddConst } from './mul-add-const.js';

moduleSpec('MulAddConst', {
  classes: [MulAddConst],
  reference: (x, _, { a, b }) => map(x, (value) => a * value + b),
  specials: true,
  cases: [
    { title: 'PuzzleLib’s numbers', make: () => new MulAddConst(3.141592, 42), shape: [2, 3, 4, 3] },
    { title: 'a matrix, as it is', make: () => new MulAddConst(), shape: [5, 5] },
  ],
  otherShape: [3, 4],
  refuses: [
    { title: 'an infinite factor', make: () => new MulAddConst(Infinity), type: ValueError, says: ['a finite number'] },
    {
      title: 'to overwrite a Variable that gradients are wanted of',
      make: () => new MulAddConst({ inplace: true }),
      run: (module) => module.forward(new Variable([1], { requiresGrad: true })),
      type: ModuleError,
      says: ['in place'],
    },
  ],
});

describe('MulAddConst', () => {
  it('prints what is not as it is anyway', () =>
    expect([new MulAddConst(), new MulAddConst(2, -1)].map(String)).to.deep.equal([
      'MulAddConst()',
      'MulAddConst(a=2, b=-1)',
    ]));
});
