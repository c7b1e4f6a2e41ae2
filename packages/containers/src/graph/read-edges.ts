import { ContainerError, type AnyNode, type Edge } from '@tessera/core';
import { nodeText } from './order.js';

/** What a node reads over its edges, from what its parents give: a single one's output as it is, of several a list. */
export function readEdges<Value>(
  node: AnyNode,
  edges: readonly Edge[],
  valueOf: (node: AnyNode) => Value,
  isList: (value: Value) => boolean,
): Value {
  const parts = edges.map((edge) => pick(node, edge, valueOf(edge.node), isList));
  const [first] = parts as [Value];
  if (parts.length > 1) return parts.flatMap((part) => (isList(part) ? (part as Value[]) : [part])) as Value;
  return node.module.takes === 'list' && !isList(first) ? ([first] as Value) : first;
}

/** The entries that an edge reads of a value. */
function pick<Value>(reader: AnyNode, { node, slots }: Edge, value: Value, isList: (value: Value) => boolean): Value {
  if (slots === undefined) return value;
  const entry = (slot: number): Value => {
    if (isList(value) && slot in (value as Value[])) return (value as Value[])[slot]!;
    const count = isList(value) ? `${(value as Value[]).length} entries` : 'a single Variable';
    throw new ContainerError(`"${nodeText(reader)}" reads slot ${slot} of "${nodeText(node)}", which gives ${count}`, {
      path: nodeText(reader),
      expected: isList(value) ? `a slot from 0 to ${(value as Value[]).length - 1}` : 'no slot',
      received: String(slot),
    });
  };
  return typeof slots === 'number' ? entry(slots) : (slots.map(entry) as Value);
}
