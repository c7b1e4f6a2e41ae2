import { relu, type Variable } from '@tessera-nn/core';

/** What slopes are brought back to after each update. */
export const slopeConstraints = {
  /** Keras' `NonNeg`: what is below 0 becomes 0. */
  nonNeg: (slopes: Variable): Variable => relu(slopes),
};

export type SlopeConstraint = keyof typeof slopeConstraints;
