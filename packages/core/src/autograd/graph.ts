import type { Owned } from '../memory/frame.js';
import type { Variable } from '../variable/variable.js';

/** The Variables with every node behind them and every leaf that waits for a gradient: what keeps them differentiable. */
export function withGraph(variables: Iterable<Variable>): Set<Owned> {
  const result = new Set<Owned>(variables);
  const open = [...variables].map((variable) => variable.node);
  while (open.length > 0) {
    const node = open.pop();
    if (!node || result.has(node)) continue;
    result.add(node);
    for (const input of node.inputs) {
      if (input.node) open.push(input.node);
      else if (input.requiresGrad) result.add(input.leaf);
    }
  }
  return result;
}
