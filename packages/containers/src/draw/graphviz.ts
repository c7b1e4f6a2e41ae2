import { labelOf } from './mermaid.js';
import type { PictureNode } from './picture.js';

/** A directed graph in Graphviz' DOT language; inputs and outputs have round corners. */
export function graphvizOf(nodes: readonly PictureNode[]): string {
  const lines = nodes.flatMap((node) => {
    const label = labelOf(node).map(escaped).join('\\n');
    const round = node.isInput || node.isOutput ? ', style=rounded' : '';
    const edges = node.reads.map(({ from, slots }) => {
      const text = slots.length > 0 ? ` [label="${slots.join(', ')}"]` : '';
      return `  "${escaped(from)}" -> "${escaped(node.name)}"${text};`;
    });
    return [`  "${escaped(node.name)}" [label="${label}"${round}];`, ...edges];
  });
  return ['digraph {', '  node [shape=box];', ...lines, '}'].join('\n');
}

const escaped = (text: string) => text.replace(/["\\]/g, '\\$&');
