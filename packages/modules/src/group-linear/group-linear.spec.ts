import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { map, moduleSpec, nd, type Nd, type Tensors } from '@tessera-nn/testing';
import { expect } from 'chai';
import { GroupLinear, type GroupLinearOptions } from './group-linear.js';

/** Each result asks the inputs of its sample and group, or of the only one, and the weights of its group, or the only ones. */
function reference(x: Nd, { W, b }: Tensors, module: GroupLinear): Nd {
  const { insize, outsize, batchDim, transpW } = module;
  const shape = module.dataShapeFrom(x.shape);
  const groups = shape[1 - batchDim]!;
  return map(nd(shape), (_, place) => {
    const [first, second, o] = [
      Math.floor(place / outsize / shape[1]!),
      Math.floor(place / outsize) % shape[1]!,
      place % outsize,
    ];
    const [n, k] = batchDim ? [second, first] : [first, second];
    const from = x.shape[1 - batchDim] === 1 && groups > 1 ? 0 : k;
    const row = (batchDim ? from * x.shape[1]! + n : n * x.shape[1]! + from) * insize;
    const bias = b ? b.data[(b.shape[0] === 1 ? 0 : k) * outsize + o]! : 0;
    if (!W) return bias + x.data[row + o]!;
    const own = W.shape[0] === 1 ? 0 : k;
    let total = bias;
    for (let i = 0; i < insize; i++) {
      const at = transpW ? (own * outsize + o) * insize + i : (own * insize + i) * outsize + o;
      total += x.data[row + i]! * W.data[at]!;
    }
    return total;
  });
}

/** Biases that are not 0. */
function make(options: GroupLinearOptions): GroupLinear {
  const module = new GroupLinear(options);
  const { b } = module;
  if (b)
    module.setVar(
      'b',
      new Variable(
        Float32Array.from({ length: b.size }, (_, i) => 0.5 * i - 1),
        { shape: b.shape },
      ),
    );
  return module;
}

const sizes = { groups: 2, insize: 4, outsize: 3 };

moduleSpec('GroupLinear', {
  classes: [GroupLinear],
  reference,
  regimes: ['ordinary'],
  cases: [
    { title: 'two groups', make: () => make(sizes), shape: [3, 2, 4] },
    { title: 'one group for all', make: () => make({ ...sizes, inmode: 'one' }), shape: [3, 1, 4] },
    {
      title: 'one W for as many groups as come',
      make: () => make({ ...sizes, groups: null, wmode: 'one' }),
      shape: [3, 4, 4],
    },
    {
      title: 'the batch second, one group for all, W the other way around',
      make: () => make({ ...sizes, batchDim: 1, inmode: 'one', transpW: true }),
      shape: [1, 3, 4],
    },
    { title: 'a bias alone', make: () => make({ ...sizes, useW: false, inmode: 'one' }), shape: [3, 1, 4] },
  ],
  otherShape: [1, 2, 4],
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
  refuses: [
    {
      title: 'other groups',
      make: () => new GroupLinear({ ...sizes, name: 'experts' }),
      run: (module) => module.forward([[[1, 2, 3, 4]]]),
      type: ShapeError,
      says: ['GroupLinear "experts"', '[1, 1, 4] does not fit', '[batch, 2, 4]'],
    },
    {
      title: 'neither W nor b',
      make: () => new GroupLinear({ ...sizes, useW: false, useBias: false }),
      type: ValueError,
      says: ['neither W nor b'],
    },
    {
      title: 'as many W as come',
      make: () => new GroupLinear({ insize: 1, outsize: 1 }),
      type: ValueError,
      says: ['how many groups', 'received null'],
    },
  ],
});

describe('GroupLinear', () => {
  it('has the shapes of PuzzleLib, and prints as the call that makes it', () => {
    const module = new GroupLinear(null, 3, 4, 1, true, true, null, 'full', 'one');
    expect([module.W!.shape, module.b!.shape]).to.deep.equal([
      [1, 3, 4],
      [1, 4],
    ]);
    expect([module.W!.wc, module.b!.wc]).to.deep.equal([1, 0]);
    expect(module.dataShapeFrom([4, 3, 3])).to.deep.equal([4, 3, 4]);
    expect(String(module)).to.equal('GroupLinear(null, 3, 4, wmode="one")');
  });
});
