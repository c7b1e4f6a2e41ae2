import { checkVariableList, checkVariables } from '../variable/new-variable.js';
import { option, optionsOf, type Given } from '@tessera-nn/kernels';
import type { VariableSource } from '../variable/read-source.js';
import type { Variable } from '../variable/variable.js';
import { gradientsSince } from './gradients-since.js';

const options = optionsOf('gradients', {
  /** dLoss/doutput, of the output's shape; may be left out for one element, and is 1 then. */
  seed: option.anything<Variable | VariableSource>().optional,
  /** Records the gradients themselves, so that they can be differentiated again. Default false. */
  createGraph: option.flag.or(false),
  /** Keeps the graph for another pass. Default: as `createGraph`, whose results need it. */
  retainGraph: option.flag.optional,
  /** Gives zeros for an input that the output does not depend on, instead of an error. Default false. */
  allowUnused: option.flag.or(false),
});
export type GradientsOptions = Given<typeof options>;

/**
 * The gradients of an output in the given inputs: [sum of seed doutput/dinput]. Nobody's `grad` changes.
 *
 * Inputs may be leaves or results of ops that led to the output. With `createGraph` the gradients are on the tape like
 * any result, for gradient penalties and second derivatives.
 *
 * Shapes: each gradient has its input's. Source: `torch.autograd.grad`.
 *
 * @example
 * const x = new Variable([3], { requiresGrad: true });
 * const [slope] = gradients(x.pow(3), [x], { createGraph: true });
 * const [bend] = gradients(slope!, [x]);
 * console.log(await slope!.item(), await bend!.item()); // 27 18
 * @throws AutogradError for an input that the output does not depend on, without a graph, without a seed for more than
 *   one element, and at an op whose gradient is not known, which is named.
 */
export function gradients(output: Variable, inputs: readonly Variable[], given: GradientsOptions = {}): Variable[] {
  checkVariables([output], 'gradients');
  checkVariableList(inputs, 'gradients');
  return gradientsSince(undefined, output, inputs, options.read(given));
}
