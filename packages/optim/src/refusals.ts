import { OptimizerError, type AnyModule, type Variable } from '@tessera-nn/core';
import { isPlainObject, shownValue } from '@tessera-nn/core/internal';

// Why an optimizer refuses what it is given, or a step.

/** Parameters in the place of the numbers that an optimizer is made with, as PyTorch has them there. */
export function parametersGiven(
  className: string,
  first: unknown,
  names: readonly string[],
): OptimizerError | undefined {
  if (typeof first !== 'object' || first === null || isPlainObject(first)) return undefined;
  return new OptimizerError(`${className} is made with numbers, and was given something else`, {
    path: className,
    expected: names.join(', '),
    received: shownValue(first),
    hint: `Parameters come with their module: new ${className}().setupOn(net)`,
  });
}

/** Something that is not a module, or not a switch beside it. */
export function notToTrain(className: string, module: unknown, useGlobalState: unknown): OptimizerError {
  return new OptimizerError(`${className}: setupOn() is told what to train`, {
    path: className,
    expected: 'a module, and true or false',
    received: [module, useGlobalState].map(shownValue).join(', '),
    hint: 'setupOn(net)',
  });
}

/** A module that does not train now. */
export function inEvalMode(className: string, { training, path }: AnyModule): OptimizerError | undefined {
  if (training) return undefined;
  return new OptimizerError(`${className}: the module is in eval mode`, {
    path,
    hint: 'Call trainMode() before the forward pass of a training step',
  });
}

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
