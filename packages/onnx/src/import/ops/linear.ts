import { einsum, matmul } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { ShapeError } from '@tessera-nn/core';
import type { NodeReading } from '../node-reading.js';
import { operator, type Operator } from '../operator.js';
import { broadcast, matrixProduct } from '../shape-rules.js';
import { Constant, Flow, type Value } from '../value.js';

/** A product with weights of rank 2 is a layer. */
function readLinear(at: NodeReading, isTurned: boolean, bias?: Constant): Value | undefined {
  const [x, W] = [at.input(0), at.input(1)];
  if (!(x instanceof Flow && W instanceof Constant && W.learns && W.shape.length === 2)) return undefined;
  if (!x.shape || x.shape.length < 2) return undefined;
  const [insize, outsize] = (isTurned ? [...W.shape].reverse() : W.shape) as [number, number];
  if (bias && bias.array.values.length !== outsize) return undefined;
  const options = { insize, outsize, transpose: isTurned, useBias: bias !== undefined, initscheme: 'none' } as const;
  return at.run(new Linear(options), [x], bias ? { W, b: at.reshaped(bias, [outsize]) } : { W });
}

interface Gemm extends Record<string, unknown> {
  alpha: number;
  beta: number;
  transA: boolean;
  transB: boolean;
}

const turned = (shape: readonly number[], isTurned: boolean) => (isTurned ? [...shape].reverse() : shape);

/** The sizes of the letters of an equation, in the order of its result. */
function einsumShape(equation: string, shapes: readonly (readonly number[])[]): number[] {
  const [left, right] = equation.replaceAll(' ', '').split('->') as [string, string?];
  const terms = left.split(',');
  const sizes = new Map<string, number>();
  let outer: number[] = [];
  terms.forEach((term, i) => {
    const shape = shapes[i] ?? [];
    const [before, behind] = term.split('...') as [string, string?];
    [...before].forEach((letter, axis) => sizes.set(letter, Math.max(sizes.get(letter) ?? 1, shape[axis] ?? 1)));
    if (behind === undefined) return;
    const last = shape.length - behind.length;
    [...behind].forEach((letter, axis) => sizes.set(letter, Math.max(sizes.get(letter) ?? 1, shape[last + axis] ?? 1)));
    outer = broadcast([outer, shape.slice(before.length, last)]);
  });
  const letters = [...left].filter((letter) => /[a-zA-Z]/.test(letter)).sort();
  const once = letters.filter((letter, i) => letter !== letters[i - 1] && letter !== letters[i + 1]);
  const result = right ?? (left.includes('...') ? '...' : '') + once.join('');
  const named = (part: string) => [...part].map((letter) => sizes.get(letter) ?? refuse(equation));
  const [front, back] = result.split('...') as [string, string?];
  return back === undefined ? named(front) : [...named(front), ...outer, ...named(back)];
}

function refuse(equation: string): never {
  throw new ShapeError('The result of an einsum names a letter that no factor has', { received: equation });
}

export const linearOperators: Record<string, Operator> = {
  MatMul: {
    read: (at) => readLinear(at, false),
    shape: matrixProduct,
    run: ([a, b]) => matmul(a!, b!),
  },
  Gemm: operator<Gemm>({
    read: (at) => {
      const bias = at.inputs[2];
      const isPlain = at.float('alpha', 1) === 1 && at.float('beta', 1) === 1 && !at.flag('transA');
      return isPlain && !(bias instanceof Flow) ? readLinear(at, at.flag('transB'), bias) : undefined;
    },
    attrs: (at) => ({
      alpha: at.float('alpha', 1),
      beta: at.float('beta', 1),
      transA: at.flag('transA'),
      transB: at.flag('transB'),
    }),
    inputs: (at) => at.inputs.filter((value) => value !== undefined),
    shape: ([a, b], { transA, transB }) => matrixProduct([turned(a!, transA), turned(b!, transB)]),
    run: ([a, b, c], { alpha, beta, transA, transB }) => {
      const product = matmul(a!, b!, { transposeA: transA, transposeB: transB }).mul(alpha);
      return c ? product.add(c.mul(beta)) : product;
    },
  }),
  Einsum: operator<{ equation: string }>({
    attrs: (at) => ({ equation: at.text('equation', '') }),
    shape: (shapes, { equation }) => einsumShape(equation, shapes),
    run: (factors, { equation }) => einsum(equation, ...factors),
  }),
};
