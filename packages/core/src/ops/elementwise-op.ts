import { AutogradError, defineElementwise, runKernel, type ElementwiseRow } from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Op } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { mul } from './arithmetic.js';

type Expression<Names extends string, Params extends string> = Pick<
  ElementwiseRow<Names, Params>,
  'scalar' | 'glsl' | 'companion' | 'compose'
>;

/** A differentiable function of each element, as one row. */
export interface ElementwiseFunction<Saved extends 'x' | 'y', Params extends string> {
  /** Unique, in CapitalCase. */
  name: string;
  params?: readonly Params[];
  /** Which of input x and output y the gradient is computed from. */
  from: Saved;
  /** y of x and the params. */
  value: Expression<'x', Params>;
  /** dLoss/dx of `from`, g = dLoss/dy, and the params. Branches are selected, never multiplied by a mask. */
  gradient: Expression<Saved | 'g', Params>;
  /**
   * For gradients of gradients. The gradient is g s(v), with v the saved input or output; this is gu s'(v), written
   * with ops, or null where s is a constant between kinks. Without it the row is first order only, and says so.
   */
  curvature?: (saved: Variable, gu: Variable, attrs: Record<Params, number>) => Variable | null;
}

/** Makes an op out of a row: its forward, its gradient, and their bodies on every backend. */
export function elementwiseOp<Saved extends 'x' | 'y', Params extends string = never>(
  row: ElementwiseFunction<Saved, Params>,
): (x: Variable, attrs: Record<Params, number>) => Variable {
  const { name, params = [], from, value, gradient, curvature } = row;
  const forward = defineElementwise<'x', Params>({ name, inputs: ['x'], params, ...value });
  const backward = defineElementwise<Saved | 'g', Params>({
    name: `${name}Gradient`,
    inputs: [from, 'g'],
    params,
    ...gradient,
  });
  const opName = name[0]!.toLowerCase() + name.slice(1);
  const gradientOp: Op<'saved' | 'g', Record<Params, number>> = defineOp({
    name: `${opName} gradient`,
    inputs: ['saved', 'g'],
    saves: ['saved', 'g'],
    layout: 'any',
    forward: ({ saved, g }, attrs: Record<Params, number>) =>
      runKernel(backward, { [from]: saved, g } as Record<Saved | 'g', Tensor>, attrs),
    gradients: (u, { saved, g }, attrs) => ({
      saved: () => {
        if (!curvature) throw firstOrderOnly(opName);
        return curvature(saved, mul(u, g), attrs);
      },
      g: () => gradientOp({ saved, g: u }, attrs), // the gradient is linear in g
    }),
  });
  const op = defineOp({
    name: opName,
    inputs: ['x'],
    saves: [from === 'x' ? 'x' : 'result'],
    layout: 'any',
    forward: ({ x }, attrs: Record<Params, number>) => runKernel(forward, { x }, attrs),
    gradients: (g, { x, result }, attrs) => ({ x: () => gradientOp({ saved: from === 'x' ? x : result, g }, attrs) }),
  });
  return (x, attrs) => op({ x }, attrs);
}

function firstOrderOnly(op: string): AutogradError {
  return new AutogradError(`The gradient of ${op} cannot be differentiated again`, {
    path: op,
    hint: 'Give its row a curvature, or use detach() to keep this path out of the second derivative',
  });
}
