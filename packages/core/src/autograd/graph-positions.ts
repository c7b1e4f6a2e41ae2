import type { Variable } from '../variable/variable.js';
import type { GraphNode } from './graph-node.js';

/** Finds a Variable by its position in the graph: a saved view or an alias stands for the same value as the original. */
export class GraphPositions {
  readonly #results = new Map<GraphNode, Variable[]>();
  readonly #leaves = new Map<Variable, Variable>();

  constructor(variables: Iterable<Variable> = []) {
    for (const variable of variables) this.add(variable);
  }

  /** Lets a Variable stand for its position, whichever stood for it before. */
  add(variable: Variable): void {
    const { node, slot, leaf } = variable;
    if (!node) this.#leaves.set(leaf, variable);
    else {
      const slots = this.#results.get(node) ?? [];
      slots[slot] = variable;
      this.#results.set(node, slots);
    }
  }

  /** One Variable for each position. */
  *[Symbol.iterator](): Iterator<Variable> {
    for (const slots of this.#results.values()) yield* Object.values(slots);
    yield* this.#leaves.values();
  }

  find({ node, slot, leaf }: Variable): Variable | undefined {
    return node ? this.#results.get(node)?.[slot] : this.#leaves.get(leaf);
  }
}
