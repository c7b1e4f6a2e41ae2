import { OptimizerError, type AnyModule, type Variable } from '@tessera-nn/core';

/** Why no parameter has a gradient. */
export function nothingToLearn(
  className: string,
  { label, path }: AnyModule,
  parameters: readonly Variable[],
): OptimizerError {
  if (parameters.length === 0) {
    return new OptimizerError(`${className}: ${label} has no parameters`, {
      path,
      hint: 'Hold parameters and modules in public fields of the module: what lies in #private fields is not found',
    });
  }
  if (!parameters.some(({ requiresGrad }) => requiresGrad)) {
    return new OptimizerError(`${className}: every parameter of ${label} is frozen`, {
      path,
      hint: 'Call unfreeze() on what should learn, or set its requiresGrad',
    });
  }
  return new OptimizerError(`${className}: no gradient came to a parameter of ${label}`, {
    path,
    hint: 'Call backward() before update(), on a loss of this very network: one of another network, or of a copy, does not reach it',
  });
}
