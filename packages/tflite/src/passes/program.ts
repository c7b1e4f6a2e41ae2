import type { Operator, Tensor } from '../graph/tensor.js';

/** The operators of a network in their order. */
export interface Program {
  readonly operators: readonly Operator[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** How many operators, and outputs, read each tensor. */
export function usesOf({ operators, outputs }: Program): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  for (const tensor of [...operators.flatMap(({ inputs }) => inputs), ...outputs]) {
    if (tensor) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  }
  return uses;
}

/** Without operators that nothing comes of. */
export function withoutUnused({ operators, ...ends }: Program): Program {
  const wanted = new Set<Tensor | undefined>(ends.outputs);
  const kept = [...operators].reverse().filter(({ inputs, outputs }) => {
    const isWanted = outputs.some((tensor) => wanted.has(tensor));
    if (isWanted) for (const tensor of inputs) wanted.add(tensor);
    return isWanted;
  });
  return { operators: kept.reverse(), ...ends };
}
