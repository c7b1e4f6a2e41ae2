import type { AnyModule, Variable } from '@tessera-nn/core';

/** Puts the Variable of one name under another as well; both are of one shape and kind. */
export function share(net: AnyModule, alias: string, old: Variable, shared: Variable): void {
  if (old === shared) return;
  const { requiresGrad } = shared;
  if (shared.isParameter) net.setVar(alias, shared);
  else net.setAttr(alias, shared);
  shared.requiresGrad = requiresGrad; // both make it learn or not, whatever it did before
  old.dispose();
}
