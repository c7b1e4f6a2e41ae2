import type { Variable } from '../variable/variable.js';

/** What `freeze` stopped from learning, so that `unfreeze` leaves alone what never learned. */
const frozen = new WeakSet<Variable>();

export const isFrozen = (variable: Variable): boolean => frozen.has(variable);

/** Notes that a parameter that does not learn now would. */
export function markFrozen(variable: Variable): void {
  frozen.add(variable);
}

/** Stops a parameter from learning and forgets its gradient, which an optimizer would still follow. */
export function freeze(variable: Variable): void {
  if (!variable.requiresGrad) return;
  markFrozen(variable);
  variable.requiresGrad = false;
  variable.zeroGrad();
}

export function unfreeze(variable: Variable): void {
  if (frozen.delete(variable)) variable.requiresGrad = true;
}
