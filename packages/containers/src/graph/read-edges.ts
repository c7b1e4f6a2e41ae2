import { ContainerError, type AnyNode, type Edge } from '@tessera/core';
import { nodeText } from './order.js';

/** What a node reads over its edges, from what its parents give: a single one's output as it is, of several a list. */
export function readEdges<Value>(
  node: AnyNode,
  edges: readonly Edge[],
  valueOf: (node: AnyNode) => Value,
  isList: (value: Value) => boolean,
  entryOf: (value: Value, slot: number, edge: Edge) => Value = (value, slot, edge) =>
    pick(node, edge, value, slot, isList),
): Value {
  const parts = edges.map((edge) => {
    const value = valueOf(edge.node);
    if (edge.slots === undefined) return value;
    if (typeof edge.slots === 'number') return entryOf(value, edge.slots, edge);
    return edge.slots.map((slot) => entryOf(value, slot, edge)) as Value;
  });
  const [first] = parts as [Value];
  if (parts.length > 1) return parts.flatMap((part) => (isList(part) ? (part as Value[]) : [part])) as Value;
  return node.module.takes === 'list' && !isList(first) ? ([first] as Value) : first;
}

/** An entry of the list that a parent gives. */
function pick<Value>(
  reader: AnyNode,
  { node }: Edge,
  value: Value,
  slot: number,
  isList: (value: Value) => boolean,
): Value {
  const entries = isList(value) ? (value as Value[]) : undefined;
  if (entries && slot in entries) return entries[slot]!;
  const given = entries ? `${entries.length} entries` : 'a single Variable';
  throw new ContainerError(`"${nodeText(reader)}" reads slot ${slot} of "${nodeText(node)}", which gives ${given}`, {
    path: nodeText(reader),
    expected: entries ? `a slot from 0 to ${entries.length - 1}` : 'no slot',
    received: String(slot),
  });
}
