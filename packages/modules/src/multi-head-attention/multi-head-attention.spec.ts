import { seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import {
  backendName,
  expectClose,
  goldenSpec,
  moduleSpec,
  nd,
  onBackend,
  randomNd,
  type Nd,
  type Tensors,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { Linear } from '../linear/linear.js';
import { goldens } from './multi-head-attention.golden.js';
import { MultiHeadAttention } from './multi-head-attention.js';

/** Of sequences that look at themselves, the batch first: place by place, head by head. */
function reference(x: Nd, tensors: Tensors, { heads, embsize, causal }: MultiHeadAttention): Nd {
  const [batch, length] = x.shape as [number, number];
  const depth = embsize / heads;
  const row = (data: ArrayLike<number>, i: number) => Array.from({ length: embsize }, (_, j) => data[i * embsize + j]!);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const [W, b] = [tensors.in_proj_weight!.data, tensors.in_proj_bias!.data];
  const made = (part: number, n: number, t: number) =>
    Array.from({ length: embsize }, (_, o) => {
      const at = part * embsize + o;
      return b[at]! + dot(row(W, at), row(x.data, n * length + t));
    });
  const y: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let t = 0; t < length; t++) {
      const said: number[] = [];
      for (let head = 0; head < heads; head++) {
        const own = (values: number[]) => values.slice(head * depth, (head + 1) * depth);
        const seen = Array.from({ length: causal ? t + 1 : length }, (_, s) => s);
        const scores = seen.map((s) => Math.exp(dot(own(made(0, n, t)), own(made(1, n, s))) / Math.sqrt(depth)));
        const total = scores.reduce((sum, score) => sum + score);
        for (let d = 0; d < depth; d++) {
          said.push(seen.reduce((sum, s) => sum + (scores[s]! / total) * own(made(2, n, s))[d]!, 0));
        }
      }
      const out = tensors['out_proj.W']!.data;
      for (let o = 0; o < embsize; o++) y.push(tensors['out_proj.b']!.data[o]! + dot(row(out, o), said));
    }
  }
  return nd(x.shape, y);
}

moduleSpec<MultiHeadAttention, Nd>('MultiHeadAttention', {
  classes: [MultiHeadAttention, Linear],
  reference,
  draw: () => ({ make: () => new MultiHeadAttention(2, 1), shape: [2, 2, 2], input: (shape) => randomNd(shape, 3, 1) }),
  cases: [
    { title: 'two heads', make: () => new MultiHeadAttention(4, 2), shape: [1, 3, 4] },
    {
      title: 'nothing of what comes later',
      make: () => new MultiHeadAttention({ embsize: 2, heads: 1, causal: true }),
      shape: [2, 3, 2],
    },
  ],
  otherShape: [2, 1, 4],
  tolerance: { relative: 2e-4, ofLargest: 2e-5 },
  refuses: [
    {
      title: 'heads that do not share the numbers',
      make: () => new MultiHeadAttention({ embsize: 3, heads: 2, name: 'look' }),
      type: ValueError,
      says: ['MultiHeadAttention "look"', 'a multiple of heads', '3 and 2'],
    },
    {
      title: 'other columns',
      make: () => new MultiHeadAttention(2, 1),
      run: (module) => module.forward([[[1]]]),
      type: ShapeError,
      says: ['[batch, length, 2]', 'received [1, 1, 1]'],
    },
    {
      title: 'keys without values',
      make: () => new MultiHeadAttention(1, 1),
      run: (module) => module.forward([[[[1]]], [[[1]]]].map((of) => new Variable(of))),
      type: ShapeError,
      says: ['queries, keys and as many values', '[1, 1, 1] and [1, 1, 1]'],
    },
  ],
});

goldenSpec<MultiHeadAttention, { heads: number }>('MultiHeadAttention', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ heads }, { query }) => new MultiHeadAttention({ embsize: query!.shape[2]!, heads, batchFirst: false }),
  data: ['query', 'key', 'value'],
  parameters: {
    in_proj_weight: 'in_proj_weight',
    in_proj_bias: 'in_proj_bias',
    out_proj_weight: 'out_proj.W',
    out_proj_bias: 'out_proj.b',
  },
});

describe(`MultiHeadAttention beside its numbers [${backendName}]`, () => {
  onBackend();

  it('is the same with the batch second, and drops shares in train mode alone', async () => {
    seed(1);
    const module = new MultiHeadAttention({ embsize: 4, heads: 2, dropout: 0.5 }).evalMode();
    const turned = new MultiHeadAttention({ embsize: 4, heads: 2, batchFirst: false });
    turned.loadStateDict(module.stateDict());
    const x = new Variable(randomNd([2, 3, 4], 2).data, { shape: [2, 3, 4] });
    const y = await module.forward(x).values();
    const other = turned.forward(x.transpose([1, 0, 2])).transpose([1, 0, 2]);
    expectClose(await other.values(), y, 'y');
    expect([...(await module.trainMode().forward(x).values())]).to.not.deep.equal([...y]);
  });

  it('prints as the call that makes it', () =>
    expect(String(new MultiHeadAttention({ embsize: 8, heads: 2, causal: true }))).to.match(
      /^MultiHeadAttention\(\s*8, 2, causal=true/,
    ));
});
