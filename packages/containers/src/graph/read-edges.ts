import { ContainerError, type AnyNode, type Edge } from '@tessera-nn/core';
import { nodeText } from './order.js';

/** What lists are among the values that flow: data, shapes, or the wires of a graph that is being made. */
export interface Lists<Value> {
  readonly isList: (value: Value) => boolean;
  /** An entry of a list; where there is none, of the array that it is. */
  readonly entryOf?: (list: Value, slot: number) => Value;
}

/** What a node reads over its edges, from what its parents give: a single one's output as it is, of several a list. */
export function readEdges<Value>(
  { node, edges }: { readonly node: AnyNode; readonly edges: readonly Edge[] },
  valueOf: (node: AnyNode) => Value,
  { isList, entryOf }: Lists<Value>,
): Value {
  const parts = edges.map((edge) => {
    const value = valueOf(edge.node);
    const entry = (slot: number) => {
      if (!entryOf) checkSlot(node, edge, slot, isList(value) ? (value as unknown[]).length : undefined);
      return entryOf ? entryOf(value, slot) : (value as Value[])[slot]!;
    };
    if (edge.slots === undefined) return value;
    return typeof edge.slots === 'number' ? entry(edge.slots) : (edge.slots.map(entry) as Value);
  });
  const [first] = parts as [Value];
  if (parts.length > 1) return parts.flatMap((part) => (isList(part) ? (part as Value[]) : [part])) as Value;
  return node.module.takes === 'list' && !isList(first) ? ([first] as Value) : first;
}

/** @throws ContainerError where a node reads an entry that another one does not give. */
function checkSlot(reader: AnyNode, { node }: Edge, slot: number, count: number | undefined): void {
  if (count !== undefined && slot < count) return;
  const given = count === undefined ? 'a single Variable' : `${count} entries`;
  throw new ContainerError(`"${nodeText(reader)}" reads slot ${slot} of "${nodeText(node)}", which returns ${given}`, {
    path: nodeText(reader),
    expected: count === undefined ? 'no slot' : `a slot from 0 to ${count - 1}`,
    received: String(slot),
  });
}
