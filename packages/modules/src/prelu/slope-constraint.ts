import { relu, ValueError, type Variable } from '@tessera-nn/core';
import { didYouMean } from '@tessera-nn/core/internal';

/** What slopes are brought back to after each update. */
const constraints = {
  /** Keras' `NonNeg`: what is below 0 becomes 0. */
  nonNeg: (slopes: Variable): Variable => relu(slopes),
};

export type SlopeConstraint = keyof typeof constraints;

/** The function of a constraint. @throws ValueError for an unknown name. */
export function slopeConstraint(name: SlopeConstraint, label: string): (slopes: Variable) => Variable {
  if (Object.hasOwn(constraints, name)) return constraints[name];
  const known = Object.keys(constraints);
  throw new ValueError(`${label}: unknown alphaConstraint`, {
    expected: `one of ${known.join(', ')}`,
    received: `"${String(name)}"`,
    hint: didYouMean(String(name), known),
  });
}
