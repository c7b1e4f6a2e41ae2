import { defineElementwise, runKernel } from '@tessera-nn/kernels';
import { add, mul } from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';

type Line = Record<'factor' | 'offset', number>;

const affineKernel = defineElementwise<'x', 'factor' | 'offset'>({
  name: 'Affine',
  inputs: ['x'],
  params: ['factor', 'offset'],
  scalar: (x, factor, offset) => x * factor + offset,
  glsl: 'x * factor + offset',
  compose: ({ x }, { factor, offset }) => add(mul(x, factor), offset),
});

const affineOp = defineOp({
  name: 'affine',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, line: Line) => runKernel(affineKernel, { x }, line),
  gradients: (g, _saved, { factor }) => ({ x: () => scale(g, factor) }),
});

/** factor x + offset. */
export function affine(x: Variable, factor: number, offset: number): Variable {
  return affineOp({ x }, { factor, offset });
}

/** factor x. Adding -0 changes no number; adding 0 would make 0 of -0. */
export function scale(x: Variable, factor: number): Variable {
  return affine(x, factor, -0);
}
