// What other packages do with Variables and users do not: the members behind these are left out of the declarations.
import type { Variable } from './variable.js';

/** A second handle on the same values at the same place in the graph. */
export const aliasOf = (variable: Variable): Variable => variable.alias();

/** Moves the values to the host, if nothing but the collector knows who still uses them. */
export const settle = (variable: Variable): void => variable.settle();
