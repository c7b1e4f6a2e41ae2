import { matmulKernel, runKernel, ShapeError, shapeText, type MatmulAttrs } from '@tessera-nn/kernels';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { sum } from './reduce.js';

const matmulOp = defineOp({
  name: 'matmul',
  inputs: ['a', 'b'],
  optional: ['bias'],
  saves: ['a', 'b'],
  layout: 'logical',
  forward: ({ a, b, bias }, attrs: MatmulAttrs) => runKernel(matmulKernel, { a, b, bias: bias ?? undefined }, attrs),
  gradients: (g, { a, b }, { transposeA, transposeB }) => ({
    a: () => (transposeA ? product(b, g, transposeB, true) : product(g, b, false, !transposeB)),
    b: () => (transposeB ? product(g, a, true, transposeA) : product(a, g, !transposeA, false)),
    bias: () => sum(g, 0),
  }),
});

const product = (a: Variable, b: Variable, transposeA: boolean, transposeB: boolean): Variable =>
  matmulOp({ a, b }, { transposeA, transposeB });

/**
 * The matrix product of [m, k] and [k, n], plus a bias of [n] when given. Either factor may be given transposed.
 *
 * @throws ShapeError when a factor is not a matrix, the inner sizes differ, or the bias is of another size.
 */
export function matmul(
  a: Variable,
  b: Variable,
  { bias, transposeA = false, transposeB = false }: { bias?: Variable } & Partial<MatmulAttrs> = {},
): Variable {
  const inner = [a.shape[transposeA ? 0 : 1], b.shape[transposeB ? 1 : 0]];
  if (a.shape.length !== 2 || b.shape.length !== 2 || inner[0] !== inner[1]) {
    throw new ShapeError('These two cannot be multiplied as matrices', {
      expected: '[m, k] and [k, n]',
      received: `${shapeText(a.shape)}${transposeA ? ' transposed' : ''} and ${shapeText(b.shape)}${transposeB ? ' transposed' : ''}`,
    });
  }
  const columns = b.shape[transposeB ? 0 : 1]!;
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== columns)) {
    throw new ShapeError('The bias does not fit the product', {
      expected: `[${columns}], one for each column`,
      received: shapeText(bias.shape),
    });
  }
  return matmulOp({ a, b, bias }, { transposeA, transposeB });
}
