import { defineElementwise, runKernel, type ElementwiseRow } from '@tessera/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';

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
}

/** Makes an op out of a row: its forward, its gradient, and their bodies on every backend. */
export function elementwiseOp<Saved extends 'x' | 'y', Params extends string = never>(
  row: ElementwiseFunction<Saved, Params>,
): (x: Variable, attrs: Record<Params, number>) => Variable {
  const { name, params = [], from, value, gradient } = row;
  const forward = defineElementwise<'x', Params>({ name, inputs: ['x'], params, ...value });
  const backward = defineElementwise<Saved | 'g', Params>({
    name: `${name}Gradient`,
    inputs: [from, 'g'],
    params,
    ...gradient,
  });
  const gradientOp = defineOp<Record<Params, number>, Tensor>({
    name: `${name} gradient`,
    layout: 'any',
    forward: (_, [saved, g], attrs) => runKernel(backward, { [from]: saved, g } as Record<Saved | 'g', Tensor>, attrs),
  }) as Run<Params>;
  const op = defineOp<Record<Params, number>, Tensor>({
    name: name[0]!.toLowerCase() + name.slice(1),
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
