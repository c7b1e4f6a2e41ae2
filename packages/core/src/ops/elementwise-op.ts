import { AutogradError, defineElementwise, runKernel, type ElementwiseRow } from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { mul } from './arithmetic.js';

type Run<Params extends string> = (inputs: readonly Variable[], attrs: Record<Params, number>) => Variable;

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
  const gradientOp: Run<Params> = defineOp<Record<Params, number>, Tensor>({
    name: `${opName} gradient`,
    layout: 'any',
    forward: (context, [saved, g], attrs) => {
      context.saveInputs(0, 1);
      return runKernel(backward, { [from]: saved, g } as Record<Saved | 'g', Tensor>, attrs);
    },
    backward: ({ attrs, input, needsGrad }, [u]) => {
      if (needsGrad[0] && !curvature) throw firstOrderOnly(opName);
      return [
        needsGrad[0] ? curvature!(input(0), mul(u!, input(1)), attrs) : null,
        needsGrad[1] ? gradientOp([input(0), u!], attrs) : null, // the gradient is linear in g
      ];
    },
  });
  const op = defineOp<Record<Params, number>, Tensor>({
    name: opName,
    layout: 'any',
    forward: (context, [x], attrs) => {
      if (from === 'x') context.saveInputs(0);
      else context.saveOutput();
      return runKernel(forward, { x: x! }, attrs);
    },
    backward: ({ attrs, input, output }, [g]) => [gradientOp([from === 'x' ? input(0) : output(), g!], attrs)],
  }) as Run<Params>;
  return (x, attrs) => op([x], attrs);
}

function firstOrderOnly(op: string): AutogradError {
  return new AutogradError(`The gradient of ${op} cannot be differentiated again`, {
    path: op,
    hint: 'Give its row a curvature, or use detach() to keep this path out of the second derivative',
  });
}
