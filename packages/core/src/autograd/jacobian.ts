import { checkFunction } from '@tessera-nn/kernels/internal';
import { reshape, stack } from '../ops/index.js';
import type { VariableSource } from '../variable/read-source.js';
import { Variable } from '../variable/variable.js';
import {
  functionalOptions,
  grad,
  onArguments,
  valueOf,
  type DifferentiableFunction,
  type FunctionalOptions,
} from './functional.js';
import { gradientsSince } from './gradients-since.js';

/**
 * All derivatives of a function of one argument: dy[i] / dx[j], one backward pass for each element of y, so for small
 * functions.
 *
 * Shapes: x and y any, the result `[...y.shape, ...x.shape]`. Source: `torch.func.jacrev`.
 *
 * @example
 * console.log(await jacobian((x) => x.square(), [1, 2]).array()); // [ [ 2, 0 ], [ 0, 4 ] ]
 */
export function jacobian(
  fn: DifferentiableFunction,
  x: Variable | VariableSource,
  options: FunctionalOptions = {},
): Variable {
  checkFunction(fn, 'jacobian');
  return onArguments([x], functionalOptions.read(options, 'jacobian'), ({ inputs: [input], createGraph, since }) => {
    const output = valueOf(fn, [input!]);
    const rows = Array.from({ length: output.size }, (_, at) => {
      const seed = new Variable(
        Float32Array.from({ length: output.size }, (_, i) => (i === at ? 1 : 0)),
        { shape: output.shape },
      );
      const how = { seed, createGraph, retainGraph: true, allowUnused: true };
      return gradientsSince(since, output, [input!], how)[0]!;
    });
    return [reshape(stack(rows), [...output.shape, ...input!.shape]).alias()];
  })[0]!;
}

/**
 * All second derivatives of a function that returns one number: d2f / dx[i] dx[j], one backward pass for each element of x.
 *
 * Shapes: `[...x.shape, ...x.shape]`. Source: `torch.func.hessian`, here reverse over reverse.
 *
 * @example
 * console.log(await hessian((x) => x.pow(3).sum(), [1, 2]).array()); // [ [ 6, 0 ], [ 0, 12 ] ]
 * @throws AutogradError when the function returns more than one element, and at an op without a second gradient, by name.
 */
export function hessian(
  fn: DifferentiableFunction,
  x: Variable | VariableSource,
  options: FunctionalOptions = {},
): Variable {
  return jacobian(grad(fn), x, options);
}
