import { ModuleError, Node, type AnyModule, type AnyNode, type Edge } from '@tessera-nn/core';
import { didYouMean } from '@tessera-nn/core/internal';

/** A node as plain data: the key of its module, and for each parent its name, alone or with the slots that are read. */
export interface WrittenNode {
  readonly name: string;
  readonly module: string;
  readonly parents: readonly (string | readonly [string, number | readonly number[]])[];
}

/** A graph as plain data, beside its modules. Their order is that in which the nodes run. */
export interface WrittenGraph {
  readonly order?: readonly string[];
  readonly nodes: readonly WrittenNode[];
  readonly inputs: string | readonly string[];
  readonly outputs: string | readonly string[];
}

/** A node as plain data. */
export function writtenNode(
  { name, edges }: { name: string; edges: readonly Edge[] },
  module: string,
  nameOf: (node: AnyNode) => string,
): WrittenNode {
  const parents = edges.map(({ node, slots }) =>
    slots === undefined ? nameOf(node) : ([nameOf(node), slots] as const),
  );
  return { name, module, parents };
}

/**
 * The nodes at both ends of a written graph, with all others behind them. Files may say anything.
 *
 * @throws ModuleError for names of nothing, and for modules that no node runs.
 */
export function endsFrom(written: WrittenGraph, modules: Record<string, AnyModule>) {
  const known = new Map(Object.entries(modules));
  const nodes = new Map<string, AnyNode>();
  for (const { name, module } of written.nodes) {
    if (nodes.has(name)) refuse(`it has two nodes "${name}"`);
    nodes.set(name, new Node(found(known, module, 'module'), [], name));
  }
  for (const { name, parents } of written.nodes) {
    for (const parent of parents) {
      const [from, slots] = typeof parent === 'string' ? [parent, undefined] : parent;
      const node = found(nodes, from, 'node');
      nodes.get(name)!.connect(slots === undefined ? node : [node, slots]);
    }
  }
  const used = new Set([...nodes.values()].map(({ module }) => module));
  for (const [key, module] of known) if (!used.has(module)) refuse(`no node runs its module "${key}"`);
  const ends = (names: string | readonly string[]) =>
    typeof names === 'string' ? found(nodes, names, 'node') : names.map((name) => found(nodes, name, 'node'));
  return { inputs: ends(written.inputs), outputs: ends(written.outputs) };
}

function found<Value>(known: ReadonlyMap<string, Value>, name: string, kind: string): Value {
  const value = known.get(name);
  if (value !== undefined) return value;
  return refuse(`it names a ${kind} "${name}", and has none`, didYouMean(name, [...known.keys()]));
}

function refuse(problem: string, hint?: string): never {
  throw new ModuleError(`The blueprint of a graph cannot be built: ${problem}`, {
    path: 'fromBlueprint',
    ...(hint ? { hint } : {}),
  });
}
