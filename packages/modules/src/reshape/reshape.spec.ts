import { ShapeError, ValueError } from '@tessera-nn/core';
import { moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Reshape } from './reshape.js';

/** Each case says what comes out. */
const to =
  (...shape: number[]) =>
  (x: Nd) =>
    nd(shape, x.data);

moduleSpec('Reshape', {
  classes: [Reshape],
  reference: (x, _, module) =>
    to(...(module.shape.length === 3 ? [x.shape[0]!, 2, x.data.length / x.shape[0]! / 2] : [4, 6]))(x),
  specials: true,
  cases: [
    { title: 'as many samples, the rest left open', make: () => new Reshape([0, 2, -1]), shape: [2, 3, 2, 2] },
    { title: 'a matrix', make: () => new Reshape({ shape: [-1, 6] }), shape: [2, 3, 4] },
  ],
  otherShape: [3, 8],
  refuses: [
    {
      title: 'another count of values',
      make: () => new Reshape({ shape: [0, 5], name: 'shape' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['Reshape "shape"', '[1, 2] has 2 values', '[0, 5]', '-1 for the rest'],
    },
    {
      title: 'two open sizes',
      make: () => new Reshape([-1, -1]),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['[-1, -1]'],
    },
    { title: 'half a size', make: () => new Reshape([1.5]), type: ValueError, says: ['shape', '1.5'] },
  ],
});

describe('Reshape', () => {
  it('has the shapes of PuzzleLib’s tests', () => {
    expect(new Reshape([10, -1, 100]).dataShapeFrom([10, 10, 10, 10])).to.deep.equal([10, 10, 100]);
    expect(new Reshape([0, 2, -1, 0]).dataShapeFrom([1, 4, 7, 7])).to.deep.equal([1, 2, 14, 7]);
    expect(String(new Reshape([0, 2, -1]))).to.equal('Reshape([0, 2, -1])');
  });
});
