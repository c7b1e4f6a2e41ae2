import { inOrder, sameOrder } from '../../graph/order.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Value } from '@tessera-nn/core/internal';
import type { Translation, Translator } from '../translation.js';

interface Turned {
  transposeA: boolean;
  transposeB: boolean;
}

/** A factor as it lies, and whether the product has to turn it. */
function factor(at: Translation, value: Value, isTurned: boolean): { tensor: Tensor; turned: boolean } {
  const rank = value.shape.length;
  const turnedOrder = [...inOrder(rank - 2), rank - 1, rank - 2];
  const liesTurned = !at.values.constantOf(value) && sameOrder(at.values.of(value).order, turnedOrder);
  const tensor = at.values.in(value, liesTurned ? turnedOrder : inOrder(rank));
  return { tensor, turned: liesTurned !== isTurned };
}

function product(at: Translation, a: Value, b: Value): Tensor {
  const { transposeA, transposeB } = at.attrs<Turned>();
  const [x, y] = [factor(at, a, transposeA), factor(at, b, transposeB)];
  const options = { transposeX: x.turned, transposeY: y.turned };
  return at.graph.add('BATCH_MATMUL', [x.tensor, y.tensor], { shape: at.result.shape }, options);
}

export const productOps: Record<string, Translator> = {
  matmul: (at) => {
    const { transposeA, transposeB } = at.attrs<Turned>();
    const [a, b, bias] = [at.named('a'), at.named('b'), at.step.named['bias']];
    const weights = at.values.constantOf(b);
    const { tensor: rows, order: lies, columns } = at.values.of(a);
    const order = inOrder(2);
    if (!weights || at.values.constantOf(a)) {
      const made = product(at, a, b);
      if (!bias) return { tensor: made, order };
      return { tensor: at.graph.add('ADD', [made, at.values.in(bias, [0])], { shape: made.shape }), order };
    }
    // A row of weights for each result.
    const byResult = at.values.in(b, transposeB ? [0, 1] : [1, 0]);
    const sameRows = columns && !transposeA && sameOrder(lies, order);
    const filter = sameRows ? pickColumns(at, byResult, columns) : byResult;
    const input = sameRows ? rows : at.values.in(a, transposeA ? [1, 0] : order);
    return at.add('FULLY_CONNECTED', [input, filter, bias && at.values.in(bias, [0])], order);
  },
  'batch matmul': (at) => ({
    tensor: product(at, at.named('a'), at.named('b')),
    order: inOrder(at.result.shape.length),
  }),
};

/** Weights for rows whose columns lie otherwise. */
function pickColumns(at: Translation, { data, shape, name }: Tensor, columns: Int32Array): Tensor {
  const length = columns.length;
  const picked = Float32Array.from(data!, (_, i) => data![i - (i % length) + columns[i % length]!]!);
  return at.graph.constant(picked, shape as number[], name);
}
