import {
  arange,
  full,
  initialise,
  lessEqual,
  matmul,
  Module,
  named,
  option,
  optionsOf,
  parameter,
  reshape,
  softmax,
  split,
  transpose,
  ValueError,
  where,
  type Arguments,
  type Data,
  type Given,
  type Shapes,
  type Variable,
} from '@tessera-nn/core';
import { filled, isShapeList, sameShape, shapeText } from '@tessera-nn/core/internal';
import { Dropout } from '../dropout/dropout.js';
import { Linear } from '../linear/linear.js';

/** A score that leaves nothing of a share, and whose differences do not overflow. */
const HIDDEN = -1e30;

const options = optionsOf(
  'MultiHeadAttention',
  {
    /** Default: that of the first input. */
    embsize: option.count.optional,
    heads: option.count,
    /** The probability of dropping a share in train mode. Default 0. */
    dropout: option.numberBetween(0, 1).or(0),
    /** Default true. */
    useBias: option.flag.or(true),
    ...named,
  },
  {
    /** Whether a place looks at those up to itself alone. Default false. */
    causal: option.flag.or(false),
    /** Whether the batch is the first axis and the sequence the second. Default true; PyTorch's is false. */
    batchFirst: option.flag.or(true),
  },
);
export type MultiHeadAttentionOptions = Given<typeof options>;

/**
 * Each place of a sequence asks all places of another, or of its own, and takes what they say by how well they answer: for each
 * head y = softmax(Q K^T / sqrt(d)) V, d = embsize / heads; the heads lie side by side, and go through `out_proj`.
 *
 * Q, K and V are what the rows of `in_proj_weight` make of queries, keys and values; gradients are those of the products and of
 * softmax. Memory grows with the product of both lengths.
 *
 * Shapes: `[batch, length, embsize]`, or a list of queries, keys and values, where the length of the queries may be another; to
 * the shape of the queries. `in_proj_weight` is `[3 embsize, embsize]`, `in_proj_bias` `[3 embsize]`, as in PyTorch; initially
 * by `xavier_uniform` and zeros. Weights decay under weight decay, biases do not. Source: Vaswani et al. 2017; PyTorch's
 * `MultiheadAttention`.
 *
 * @example
 * new MultiHeadAttention({ embsize: 64, heads: 4, causal: true });
 * @throws ValueError when the heads do not share `embsize`; ShapeError when the inputs do not fit.
 */
export class MultiHeadAttention extends Module<Data, Variable> {
  static override readonly className = 'MultiHeadAttention';

  readonly embsize!: number;
  readonly heads: number;
  readonly causal: boolean;
  readonly batchFirst: boolean;
  in_proj_weight!: Variable;
  in_proj_bias!: Variable | null;
  readonly out_proj!: Linear;
  readonly drop: Dropout;

  constructor(
    ...given: Arguments<
      [embsize: number, heads: number, dropout?: number, useBias?: boolean, name?: string],
      MultiHeadAttentionOptions
    >
  ) {
    const read = options.arguments(given);
    super(read, read);
    const { useBias } = read;
    [this.heads, this.causal, this.batchFirst] = [read.heads, read.causal, read.batchFirst];
    this.sized<MultiHeadAttention, number, Shapes>({
      name: 'embsize',
      given: read.embsize,
      of: (shape) => (isShapeList(shape) ? (shape[0] as readonly number[] | undefined) : shape)?.[2],
      makes: {
        in_proj_weight: (embsize) => {
          this.#checkShared(embsize);
          const shape = [3 * embsize, embsize];
          const values = initialise(shape, {}, { in: embsize, out: 3 * embsize });
          return parameter(values, { shape, name: 'in_proj_weight', wc: 1 });
        },
        in_proj_bias: (embsize) => (useBias ? parameter(filled([3 * embsize], 0), { name: 'in_proj_bias' }) : null),
        out_proj: (embsize) => new Linear({ insize: embsize, outsize: embsize, useBias, transpose: true }),
      },
    });
    this.drop = new Dropout(read.dropout);
  }

  #checkShared(embsize: number): void {
    if (embsize % this.heads === 0) return;
    throw new ValueError(`${this.label}: the heads do not share what there is`, {
      path: this.path,
      expected: 'an embsize that is a multiple of heads',
      received: `${embsize} and ${this.heads}`,
    });
  }

  override get takes() {
    return 'any' as const;
  }

  override dataShapeFrom(shape: Shapes): number[] {
    const shapes = (isShapeList(shape) ? shape : [shape, shape, shape]) as (readonly number[])[];
    const [queries = [], keys = [], values = []] = shapes;
    const batch = this.batchFirst ? 0 : 1;
    const fits =
      shapes.length === 3 &&
      shapes.every((one) => one.length === 3 && one[2] === this.embsize) &&
      queries[batch] === keys[batch] &&
      sameShape(keys, values);
    if (fits) return [...queries];
    const sizes = this.batchFirst ? 'batch, length' : 'length, batch';
    throw this.shapeError('the inputs do not fit', {
      expected: `[${sizes}, ${this.embsize}], or a list of queries, keys and as many values`,
      received: (isShapeList(shape) ? shapes : [queries]).map(shapeText).join(' and ') || 'an empty list',
    });
  }

  protected override updateData(data: Data): Variable {
    const { embsize, batchFirst } = this;
    const inputs = (Array.isArray(data) ? data : [data, data, data]) as readonly Variable[];
    const parts = new Array<number>(3).fill(embsize);
    const weights = split(this.in_proj_weight, parts);
    const biases = this.in_proj_bias ? split(this.in_proj_bias, parts) : [];
    const [queries, keys, values] = inputs.map((x, i) => this.#inHeads(x, weights[i]!, biases[i])) as [
      Variable,
      Variable,
      Variable,
    ];
    const scores = matmul(queries.mul(1 / Math.sqrt(queries.shape[3]!)), keys, { transposeB: true });
    const shares = this.drop.forward(softmax(this.causal ? hideLater(scores) : scores, -1));
    const said = transpose(matmul(shares, values), batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]);
    return this.out_proj.forward(reshape(said, inputs[0]!.shape));
  }

  /** What a part of the weights makes of a sequence, as [batch, heads, length, embsize / heads]. */
  #inHeads(x: Variable, weight: Variable, bias: Variable | undefined): Variable {
    const { embsize, heads, batchFirst } = this;
    const rows = reshape(x, [-1, embsize]);
    const made = matmul(rows, weight, { transposeB: true, ...(bias ? { bias } : {}) });
    const apart = reshape(made, [x.shape[0]!, x.shape[1]!, heads, embsize / heads]);
    return transpose(apart, batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]);
  }

  override extraRepr(): string {
    const { heads, causal, batchFirst } = this;
    return [`${this.shown('embsize')}, ${heads}`, ...options.changes({ causal, batchFirst })].join(', ');
  }
}

/** Hides from each place what comes behind it. */
function hideLater(scores: Variable): Variable {
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  const isSeen = lessEqual(arange(0, keys), reshape(arange(0, queries), [queries, 1]));
  return where(isSeen, scores, full([1], HIDDEN));
}
