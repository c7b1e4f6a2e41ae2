import { type AnyModule, type AnyNode, type Shapes, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { describe } from '../container.js';
import { toGraph } from '../to-graph/to-graph.js';

/** A node as it is drawn. */
export interface PictureNode {
  readonly name: string;
  /** Its class and options. */
  readonly what: string;
  /** The shape of what it returns; undefined where no input shape was told. */
  readonly shape: string | undefined;
  /** How many numbers it learns that no node before it counted. */
  readonly parameters: number;
  readonly reads: readonly { readonly from: string; readonly slots: readonly number[] }[];
  readonly isInput: boolean;
  readonly isOutput: boolean;
}

/** What is to be drawn of a network: the nodes of its graph, in the order of execution. */
export function pictureOf(net: AnyModule, shape?: Shapes): PictureNode[] {
  const graph = toGraph(net);
  const shapes = shape && graph.shapesFrom(shape);
  const names = new Map([...graph.nodes].map(([name, node]) => [node, name]));
  const [inputs, outputs] = [graph.inputs, graph.outputs].map((ends) => new Set<AnyNode>([ends].flat()));
  const counted = new Set<Variable>();
  return [...graph.nodes].map(([name, node]) => ({
    name,
    what: classAndOptions(node.module),
    shape: shapes && shapeText(shapes.get(name)!),
    parameters: learnedIn(node.module, counted),
    reads: node.edges.map(({ node: parent, slots }) => ({
      from: names.get(parent)!,
      slots: slots === undefined ? [] : [slots].flat(),
    })),
    isInput: inputs!.has(node),
    isOutput: outputs!.has(node),
  }));
}

function classAndOptions(module: AnyModule): string {
  const [, options] = /^\S+ ?([^]*)$/.exec(describe(module))!;
  return `${module.className}(${options!.replaceAll('\n', ' ')})`;
}

function learnedIn(module: AnyModule, counted: Set<Variable>): number {
  let count = 0;
  for (const parameter of module.parameters()) {
    if (!counted.has(parameter)) count += parameter.size;
    counted.add(parameter);
  }
  return count;
}
