import type { VariableOptions, VariableSource } from './read-source.js';
import { Variable } from './variable.js';

/** A Variable that a module learns: requires a gradient, and no scope frees it. */
export function parameter(source: VariableSource, options: VariableOptions & { wc?: number } = {}): Variable {
  const { wc = 0, ...rest } = options;
  const variable = new Variable(source, { requiresGrad: true, ...rest });
  variable.isParameter = true;
  variable.wc = wc;
  return variable.keep();
}
