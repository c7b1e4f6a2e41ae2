import { ShapeError, Variable } from '@tessera-nn/core';
import { goldenSpec, map, moduleSpec, nd, type Nd, type Tensors } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './bilinear.golden.js';
import { Bilinear } from './bilinear.js';

function reference([x1, x2]: readonly Nd[], { W, b }: Tensors, { insize1, insize2, outsize }: Bilinear): Nd {
  return map(nd([...x1!.shape.slice(0, -1), outsize]), (_, place) => {
    const [row, o] = [Math.floor(place / outsize), place % outsize];
    let total = b ? b.data[o]! : 0;
    for (let i = 0; i < insize1; i++) {
      for (let j = 0; j < insize2; j++) {
        total +=
          x1!.data[row * insize1 + i]! * W!.data[(o * insize1 + i) * insize2 + j]! * x2!.data[row * insize2 + j]!;
      }
    }
    return total;
  });
}

moduleSpec('Bilinear', {
  classes: [Bilinear],
  reference,
  regimes: ['ordinary'],
  cases: [
    {
      title: 'two vectors for each sample',
      make: () => new Bilinear(3, 2, 4),
      shape: [
        [5, 3],
        [5, 2],
      ],
    },
    {
      title: 'sequences, without a bias',
      make: () => new Bilinear({ insize1: 2, insize2: 3, outsize: 1, useBias: false }),
      shape: [
        [2, 2, 2],
        [2, 2, 3],
      ],
    },
  ],
  otherShape: [
    [1, 3],
    [1, 2],
  ],
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
  refuses: [
    {
      title: 'batches that differ',
      make: () => new Bilinear({ insize1: 1, insize2: 1, outsize: 2, name: 'pair' }),
      run: (module) => module.forward([new Variable([[1]]), new Variable([[1], [2]])]),
      type: ShapeError,
      says: ['Bilinear "pair"', 'alike in front', '[1, 1] and [2, 1]'],
    },
  ],
});

goldenSpec('Bilinear', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: (_, { weight }) => new Bilinear(weight!.shape[1]!, weight!.shape[2]!, weight!.shape[0]!),
  data: ['input1', 'input2'],
  parameters: { weight: 'W', bias: 'b' },
});

describe('Bilinear', () => {
  it('prints as the call that makes it, and starts within 1 / sqrt of its first inputs', async () => {
    const module = new Bilinear(100, 2, 3, false);
    expect(String(module)).to.equal('Bilinear(100, 2, 3, useBias=false)');
    expect(Math.max(...(await module.W.values()).map(Math.abs))).to.be.within(0.09, 0.1);
    expect([module.W.wc, new Bilinear(1, 1, 1).b!.wc]).to.deep.equal([1, 0]);
  });
});
