import { matmulKernel, runKernel, ShapeError, shapeText, type MatmulAttrs } from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Op } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { sum } from './reduce.js';

const matmulOp: Op<MatmulAttrs, Tensor> = defineOp<MatmulAttrs, Tensor>({
  name: 'matmul',
  layout: 'logical',
  forward: (context, [a, b, bias], attrs) => {
    context.saveInputs(0, 1);
    return runKernel(matmulKernel, { a: a!, b: b!, bias }, attrs);
  },
  backward: ({ attrs: { transposeA, transposeB }, input, needsGrad }, [g]) => {
    const [a, b] = [input(0), input(1)];
    const da = () => (transposeA ? product(b, g!, transposeB, true) : product(g!, b, false, !transposeB));
    const db = () => (transposeB ? product(g!, a, true, transposeA) : product(a, g!, !transposeA, false));
    return [needsGrad[0] ? da() : null, needsGrad[1] ? db() : null, needsGrad[2] ? sum(g!, 0) : null];
  },
});

const product = (a: Variable, b: Variable, transposeA: boolean, transposeB: boolean): Variable =>
  matmulOp([a, b], { transposeA, transposeB });

/**
 * The matrix product of [m, k] and [k, n], plus a bias of [n] when given. Either factor may be given transposed.
 *
 * @throws ShapeError when a factor is no matrix, the inner sizes differ, or the bias is of another size.
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
  return matmulOp(bias ? [a, b, bias] : [a, b], { transposeA, transposeB });
}
