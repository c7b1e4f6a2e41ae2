import { checkVariables } from '../variable/new-variable.js';
import {
  batchMatmulKernel,
  matmulKernel,
  runKernel,
  ShapeError,
  shapeText,
  sizeOf,
  type MatmulAttrs,
} from '@tessera-nn/kernels';
import { defineOp, type Op } from '../autograd/op.js';
import { compound } from '../memory/frame.js';
import type { Variable } from '../variable/variable.js';
import { add } from './arithmetic.js';
import { broadcastShape, checkBroadcast } from './broadcast.js';
import { broadcastTo, sum } from './reduce.js';
import { reshape } from './shape.js';

const matmulOp: Op<'a' | 'b', MatmulAttrs, 'bias'> = defineOp({
  name: 'matmul',
  inputs: ['a', 'b'],
  optional: ['bias'],
  saves: ['a', 'b'],
  layout: 'logical',
  forward: ({ a, b, bias }, attrs: MatmulAttrs) => runKernel(matmulKernel, { a, b, bias: bias ?? undefined }, attrs),
  gradients: (g, { a, b }, attrs) => ({ ...gradientsOf(matmulOp, g, a, b, attrs), bias: () => sum(g, 0) }),
});

const batchOp: Op<'a' | 'b', MatmulAttrs> = defineOp({
  name: 'batch matmul',
  inputs: ['a', 'b'],
  saves: ['a', 'b'],
  layout: 'logical',
  forward: (pair, attrs: MatmulAttrs) => runKernel(batchMatmulKernel, pair, attrs),
  gradients: (g, { a, b }, attrs) => gradientsOf(batchOp, g, a, b, attrs),
});

function gradientsOf(
  op: (pair: { a: Variable; b: Variable }, attrs: MatmulAttrs) => Variable,
  g: Variable,
  a: Variable,
  b: Variable,
  { transposeA, transposeB }: MatmulAttrs,
) {
  const product = (left: Variable, right: Variable, turnLeft: boolean, turnRight: boolean) =>
    op({ a: left, b: right }, { transposeA: turnLeft, transposeB: turnRight });
  return {
    a: () => (transposeA ? product(b, g, transposeB, true) : product(g, b, false, !transposeB)),
    b: () => (transposeB ? product(g, a, true, transposeA) : product(a, g, !transposeA, false)),
  };
}

type Options = { bias?: Variable } & Partial<MatmulAttrs>;

/**
 * The matrix product of [m, k] and [k, n], plus a bias of [n] when given. Either factor may be given transposed. Axes before
 * the last two are broadcast, and each pair of matrices is multiplied; a vector is a row on the left and a column on the
 * right, and its axis goes.
 *
 * Source: `torch.matmul`.
 * @throws ShapeError when a factor is a number, the inner sizes differ, the others do not broadcast, or the bias is of
 *   another size.
 */
export function matmul(a: Variable, b: Variable, options?: Options): Variable {
  checkVariables([a, b], 'matmul');
  const { bias, transposeA = false, transposeB = false } = options ?? {};
  const [left, right] = [a.rank === 1 ? [1, ...a.shape] : a.shape, b.rank === 1 ? [...b.shape, 1] : b.shape];
  const isTurned = { a: transposeA && a.rank > 1, b: transposeB && b.rank > 1 };
  const inner = [left.at(isTurned.a ? -2 : -1), right.at(isTurned.b ? -1 : -2)];
  if (a.rank === 0 || b.rank === 0 || inner[0] !== inner[1]) {
    throw new ShapeError('These two cannot be multiplied as matrices', {
      expected: '[m, k] and [k, n]',
      received: `${shapeText(a.shape)}${transposeA ? ' transposed' : ''} and ${shapeText(b.shape)}${transposeB ? ' transposed' : ''}`,
    });
  }
  const columns = right.at(isTurned.b ? -2 : -1)!;
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== columns)) {
    throw new ShapeError('The bias does not fit the product', {
      expected: `[${columns}], one for each column`,
      received: shapeText(bias.shape),
    });
  }
  if (a.rank === 2 && b.rank === 2) return matmulOp({ a, b, bias }, { transposeA, transposeB });
  const outer = [left.slice(0, -2), right.slice(0, -2)] as const;
  checkBroadcast('matmul', { shape: outer[0] }, { shape: outer[1] });
  return compound(() => {
    const rows = left.at(isTurned.a ? -1 : -2)!;
    const batch = broadcastShape(...outer);
    const shape = [...batch, ...(a.rank === 1 ? [] : [rows]), ...(b.rank === 1 ? [] : [columns])];
    if (sizeOf(outer[1]) === 1 && !isTurned.a) {
      const flat = { a: reshape(a, [sizeOf(batch) * rows, inner[0]!]), b: reshape(b, right.slice(-2)), bias };
      return reshape(matmulOp(flat, { transposeA: false, transposeB: isTurned.b }), shape);
    }
    const matrices = (x: Variable, of: readonly number[]) => {
      const wide = broadcastTo(reshape(x, of), [...batch, ...of.slice(-2)]);
      return reshape(wide, [sizeOf(batch), ...of.slice(-2)]);
    };
    const pair = { a: matrices(a, left), b: matrices(b, right) };
    const product = batchOp(pair, { transposeA: isTurned.a, transposeB: isTurned.b });
    return reshape(bias ? add(product, bias) : product, shape);
  });
}
