import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { backendName, indexAlong, moduleSpec, nd, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Conv2D } from '../conv-2d/conv-2d.js';
import { Concat } from './concat.js';

/** Each place of the result asks the input that it falls into. */
function joined(xs: readonly Nd[], axis: number): Nd {
  const at = axis < 0 ? axis + xs[0]!.shape.length : axis;
  const shape = xs[0]!.shape.map((size, i) => (i === at ? xs.reduce((sum, x) => sum + x.shape[at]!, 0) : size));
  const result = nd(shape);
  result.data.forEach((_, place) => {
    let along = indexAlong(shape, at, place);
    const source = xs.find((x) => along < x.shape[at]! || ((along -= x.shape[at]!), false))!;
    const inner = sizeOf(shape.slice(at + 1));
    const outer = Math.floor(place / (inner * shape[at]!));
    result.data[place] = source.data[(outer * source.shape[at]! + along) * inner + (place % inner)]!;
  });
  return result;
}

moduleSpec('Concat', {
  classes: [Concat],
  reference: (xs: readonly Nd[], _: unknown, { axis }: Concat) => joined(xs, axis),
  specials: true,
  cases: [
    {
      title: 'maps',
      make: () => new Concat(1),
      shape: [
        [2, 3, 4, 5],
        [2, 1, 4, 5],
        [2, 4, 4, 5],
      ],
    },
    {
      title: 'batches',
      make: () => new Concat({ axis: 0 }),
      shape: [
        [2, 3],
        [1, 3],
      ],
    },
    {
      title: 'widths',
      make: () => new Concat({ axis: -1, name: 'wide' }),
      shape: [
        [2, 3, 4, 5],
        [2, 3, 4, 1],
      ],
    },
    { title: 'one matrix', make: () => new Concat(), shape: [[3, 4]] },
  ],
  otherShape: [
    [1, 3, 2, 2],
    [1, 5, 2, 2],
  ],
  refuses: [
    {
      title: 'shapes that differ elsewhere',
      make: () => new Concat({ axis: 1, name: 'cat' }),
      run: (module) => module.forward([new Variable([[1, 2]]), new Variable([[1], [2]])]),
      type: ShapeError,
      says: ['Concat "cat"', 'along axis 1', 'shapes as [1, 2]', '[1, 2] and [2, 1]'],
    },
    {
      title: 'an axis that the inputs lack',
      make: () => new Concat(2),
      run: (module) => module.forward([new Variable([[1, 2]])]),
      type: ShapeError,
      says: ['there is no axis 2', 'from -2 to 1', '[1, 2]'],
    },
    { title: 'half an axis', make: () => new Concat(0.5), type: ValueError, says: ['a whole number', '0.5'] },
    {
      title: 'an empty list',
      make: () => new Concat(0),
      run: (module) => module.forward([]),
      type: ShapeError,
      says: ['at least one Variable', 'none'],
    },
  ],
});

describe(`Concat behind convolutions [${backendName}]`, () => {
  onBackend();

  it('joins what lies channels-last with what lies as written', async () => {
    const copy = new Conv2D({ inmaps: 1, outmaps: 1, size: 1, useBias: false });
    copy.setVar('W', new Variable([1], { shape: [1, 1, 1, 1] }));
    const x = new Variable([1, 2, 3, 4], { shape: [1, 1, 2, 2], requiresGrad: true });
    const y = new Concat(1).forward([x, copy.forward(x), x]);
    expect(await y.array()).to.deep.equal([
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [1, 2],
          [3, 4],
        ],
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);
    y.backward(new Variable([1, 2, 3, 4, 10, 20, 30, 40, 100, 200, 300, 400], { shape: [1, 3, 2, 2] }));
    expect([...(await x.grad!.data())]).to.deep.equal([111, 222, 333, 444]);
  });

  it('prints its axis, and takes whole numbers', async () => {
    expect(String(new Concat(2))).to.equal('Concat(axis=2)');
    const whole = [1, 2].map((value) => new Variable([value], { dtype: 'int32' }));
    const y = new Concat(0).forward(whole);
    expect([y.dtype, await y.array()]).to.deep.equal(['int32', [1, 2]]);
  });
});
