import { seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import {
  backendName,
  expectClose,
  goldenSpec,
  moduleSpec,
  nd,
  onBackend,
  type Nd,
  type Tensors,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './linear.golden.js';
import { Linear } from './linear.js';

/** y[n, o] = b[o] + sum over i of x[n, i] W[i, o]; a transposed W is read as W[o, i]. */
function reference(x: Nd, { W, b }: Tensors, { insize, outsize, transpose }: Linear): Nd {
  const y = nd([...x.shape.slice(0, -1), outsize]);
  for (let n = 0; n < x.data.length / insize; n++) {
    for (let o = 0; o < outsize; o++) {
      let total = b ? b.data[o]! : 0;
      for (let i = 0; i < insize; i++) {
        total += x.data[n * insize + i]! * W!.data[transpose ? o * insize + i : i * outsize + o]!;
      }
      y.data[n * outsize + o] = total;
    }
  }
  return y;
}

/** Biases start at 0, where one that is added twice or not at all would not show. */
const withBias = (module: Linear) =>
  module.setVar('b', new Variable(Float32Array.from({ length: module.outsize }, (_, o) => 0.5 * o - 0.75)));

moduleSpec('Linear', {
  classes: [Linear],
  reference,
  draw: (draw) => {
    const [insize, outsize, transpose] = [draw.whole(1, 9), draw.whole(1, 9), draw.whole(0, 1) > 0];
    const make = () => withBias(new Linear({ insize, outsize, transpose }));
    return { make, shape: [draw.whole(1, 6), insize] };
  },
  cases: [
    { title: 'five inputs to three outputs', make: () => withBias(new Linear(5, 3)), shape: [4, 5] },
    { title: 'more outputs than inputs', make: () => withBias(new Linear(3, 7)), shape: [2, 3] },
    { title: 'without a bias', make: () => new Linear({ insize: 5, outsize: 3, useBias: false }), shape: [4, 5] },
    {
      title: 'with W the other way around',
      make: () => withBias(new Linear({ insize: 5, outsize: 3, transpose: true })),
      shape: [4, 5],
    },
    { title: 'one output', make: () => withBias(new Linear(5, 1)), shape: [3, 5] },
    { title: 'a sequence for each sample', make: () => withBias(new Linear(4, 3)), shape: [2, 5, 4] },
    { title: 'one input of one sample', make: () => withBias(new Linear(1, 2)), shape: [1, 1] },
  ],
  otherShape: [7, 5],
  refuses: [
    {
      title: 'images, with a hint at Flatten',
      make: () => new Linear({ insize: 12, outsize: 3, name: 'fc' }),
      run: (module) => module.forward(new Variable(new Float32Array(12), { shape: [1, 3, 2, 2] })),
      type: ShapeError,
      says: ['Linear "fc"', '[1, 3, 2, 2] has 2 columns', '[batch, 12]', 'Put a Flatten before it'],
    },
    {
      title: 'a vector without a batch axis',
      make: () => new Linear(3, 2),
      run: (module) => module.forward([1, 2, 3]),
      type: ShapeError,
      says: ['[3] is not a matrix', 'Add the batch axis'],
    },
    {
      title: 'fewer columns than W has rows, with both numbers',
      make: () => new Linear(4, 2),
      run: (module) => module.forward([[1, 2, 3]]),
      type: ShapeError,
      says: ['[1, 3] has 3 columns', 'built for 4', 'new Linear(3, 2)'],
    },
    {
      title: 'more columns than W has rows',
      make: () => new Linear(2, 3),
      run: (module) => module.forward([[1, 2, 3]]),
      type: ShapeError,
      says: ['[1, 3] has 3 columns', 'built for 2'],
    },
    {
      title: 'an empty batch',
      make: () => new Linear(4, 2),
      run: (module) => module.forward(new Variable(new Float32Array(0), { shape: [0, 4] })),
      type: ShapeError,
      says: ['[0, 4] is empty', 'Leave empty batches out'],
    },
    { title: 'no inputs', make: () => new Linear(0, 2), type: ValueError, says: ['insize', 'from 1', '0'] },
    { title: 'half an output', make: () => new Linear(2, 1.5), type: ValueError, says: ['outsize', '1.5'] },
    {
      title: 'an unknown initialisation, with the nearest',
      make: () => new Linear({ insize: 2, outsize: 2, initscheme: 'xavier_unifrom' as never }),
      type: ValueError,
      says: ['"xavier_unifrom"', 'Did you mean "xavier_uniform"?'],
    },
    {
      title: 'a fan that is none',
      make: () => new Linear({ insize: 2, outsize: 2, initscheme: ['xavier', 'inn'] as never }),
      type: ValueError,
      says: ['factor "inn"', 'Did you mean "in"?'],
    },
  ],
});

goldenSpec('Linear', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: (_, { weight }) => {
    const [outsize, insize] = weight!.shape as [number, number];
    return new Linear({ insize, outsize, transpose: true });
  },
  parameters: { weight: 'W', bias: 'b' },
});

describe(`Linear beside its numbers [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  const drawn = async (of: number, module: () => Linear) => {
    seed(of);
    return [...(await module().W.values())];
  };

  for (const initscheme of [undefined, 'he', ['xavier', 'avg'], ['xavier_normal', 'out']] as const) {
    it(`draws W anew for each seed by ${JSON.stringify(initscheme ?? null)}`, async () => {
      const make = () => new Linear({ insize: 4, outsize: 3, initscheme });
      expect(make().W.shape).to.deep.equal([4, 3]);
      expect(await drawn(1, make)).to.deep.equal(await drawn(1, make));
      expect(await drawn(1, make)).to.not.deep.equal(await drawn(2, make));
    });
  }

  it('scales W by its inputs also when it is stored the other way around', async () => {
    const W = (transpose: boolean) => drawn(3, () => new Linear({ insize: 400, outsize: 2, transpose }));
    const largest = (values: number[]) => Math.max(...values.map(Math.abs));
    const bound = Math.sqrt(3 / 400);
    for (const transpose of [false, true]) {
      expect(largest(await W(transpose))).to.be.within(0.9 * bound, bound);
    }
  });

  it('has a bias as long as its outputs, whichever way W lies', () => {
    expect(new Linear({ insize: 5, outsize: 3, transpose: true }).W.shape).to.deep.equal([3, 5]);
    expect(new Linear({ insize: 5, outsize: 3, transpose: true }).b!.shape).to.deep.equal([3]);
  });

  it('starts with a bias of zeros', async () => {
    expect([...(await new Linear(2, 3).b!.values())]).to.deep.equal([0, 0, 0]);
  });

  it('exempts its bias from weight decay, not its weights', () => {
    const module = new Linear(2, 3);
    expect([module.W.wc, module.b!.wc]).to.deep.equal([1, 0]);
  });

  it('takes its arguments in the order of PuzzleLib', () => {
    const module = new Linear(2, 3, 1, false, 'he', 'fc');
    expect(module.b).to.equal(null);
    expect(module.getBlueprint().options).to.include({ name: 'fc', initscheme: 'he', useBias: false });
  });

  it('uses new weights at once', async () => {
    // XNNPACK keeps packed copies of weights: a second forward after a change must not see the first ones.
    const module = new Linear({ insize: 2, outsize: 2, useBias: false });
    for (const values of [
      [1, 2, 3, 4],
      [-1, 0, 0.5, 8],
    ]) {
      module.setVar('W', new Variable(values, { shape: [2, 2] }));
      expectClose(
        await module.forward([[1, 10]]).values(),
        [values[0]! + 10 * values[2]!, values[1]! + 10 * values[3]!],
        'y',
      );
    }
  });

  it('can use one Variable as W and as its transpose', async () => {
    const encoder = new Linear({ insize: 3, outsize: 2, useBias: false });
    const decoder = new Linear({ insize: 2, outsize: 3, useBias: false, transpose: true });
    decoder.setVar('W', encoder.W);
    const code = encoder.forward([[1, 2, 3]]);
    const y = decoder.forward(code);
    const [a, b, c, d, e, f] = (await encoder.W.values()) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const [p, q] = [a + 2 * c + 3 * e, b + 2 * d + 3 * f];
    expectClose(await y.values(), [p * a + q * b, p * c + q * d, p * e + q * f], 'y');
  });

  it('prints as the call that makes it', () => {
    expect(String(new Linear(784, 10))).to.equal('Linear(784, 10)');
    expect(String(new Linear({ insize: 4, outsize: 2, useBias: false }))).to.equal('Linear(4, 2, useBias=false)');
  });
});
