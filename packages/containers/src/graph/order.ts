import { ContainerError, type AnyNode } from '@tessera-nn/core';

/** The ends of a graph, and the container that is to be made of it, for messages. */
export interface Ends {
  readonly inputs: readonly AnyNode[];
  readonly outputs: readonly AnyNode[];
  readonly label: string;
}

/** How messages call a node: by its name, its module's, or the class. */
export function nodeText({ name, module }: AnyNode): string {
  return name ?? module.name ?? module.className;
}

const pathText = (nodes: readonly AnyNode[]) => nodes.map(nodeText).join(' -> ');

/**
 * The nodes that lead from the inputs to the outputs, each behind all its parents: as one meets them who walks back from
 * the first output to the last, from first parents to last. The order depends on nothing else. Iterative, as graphs may
 * be deep.
 *
 * @throws ContainerError, with the path drawn, for a circle, for a node that reads nothing and is not an input, for an input
 *   that has parents or leads to no output.
 */
export function orderOf({ inputs, outputs, label }: Ends): AnyNode[] {
  for (const input of inputs) checkHasNoParents(input, label);
  const sources = new Set(inputs);
  const ordered = new Set<AnyNode>();
  const entered = new Set<AnyNode>();
  for (const output of outputs) {
    const open = [{ node: output, next: 0 }];
    /** The way from a node that is open down to the output. */
    const wayFrom = (start: AnyNode) => {
      const nodes = open.map(({ node }) => node);
      return nodes.slice(nodes.indexOf(start)).reverse();
    };
    for (let top = open.at(-1); top; top = open.at(-1)) {
      const { node } = top;
      entered.add(node);
      if (node.edges.length === 0 && !sources.has(node)) refuseSource(label, wayFrom(output));
      const edge = ordered.has(node) ? undefined : node.edges[top.next++];
      if (!edge) {
        ordered.add(node);
        open.pop();
      } else if (!ordered.has(edge.node)) {
        if (entered.has(edge.node)) refuseCircle(label, [edge.node, ...wayFrom(edge.node)]);
        open.push({ node: edge.node, next: 0 });
      }
    }
  }
  for (const input of inputs) if (!ordered.has(input)) refuseUnread(label, input);
  return [...ordered];
}

function refuseCircle(label: string, path: readonly AnyNode[]): never {
  throw new ContainerError(`${label}: its nodes go in a circle: ${pathText(path)}`, {
    path: label,
    hint: 'A node can only read what comes before it',
  });
}

function refuseSource(label: string, path: readonly AnyNode[]): never {
  throw new ContainerError(`${label}: "${nodeText(path[0]!)}" reads nothing and is not an input: ${pathText(path)}`, {
    path: label,
    hint: 'Put it among the inputs, or give it parents',
  });
}

function checkHasNoParents(input: AnyNode, label: string): void {
  const [edge] = input.edges;
  if (!edge) return;
  throw new ContainerError(`${label}: the input "${nodeText(input)}" has parents: ${pathText([edge.node, input])}`, {
    path: label,
    hint: 'What comes before an input is not part of the graph: begin with a node without parents',
  });
}

function refuseUnread(label: string, input: AnyNode): never {
  throw new ContainerError(`${label}: the input "${nodeText(input)}" leads to no output: ${nodeText(input)} -> ?`, {
    path: label,
    hint: 'Leave it out, or give the node that should read it as a parent of another',
  });
}
