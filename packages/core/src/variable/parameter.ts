import { option, optionsOf, type Given } from '@tessera-nn/kernels';
import { variableOptions, type VariableSource } from './read-source.js';
import { Variable } from './variable.js';

const options = optionsOf('parameter', {
  ...variableOptions.declared,
  /** Default true. */
  requiresGrad: option.flag.or(true),
  /** Factor on the optimizer's weight decay. Default 0. */
  wc: option.numberFrom(0).or(0),
});
export type ParameterOptions = Given<typeof options>;

/** A Variable that a module learns: requires a gradient, and no scope frees it. */
export function parameter(source: VariableSource, given: ParameterOptions = {}): Variable {
  const { wc, ...rest } = options.read(given);
  const variable = new Variable(source, rest);
  variable.isParameter = true;
  variable.wc = wc;
  return variable.keep();
}
