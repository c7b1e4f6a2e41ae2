import type { PictureNode } from './picture.js';

/** A flowchart in Mermaid's language; inputs and outputs have round ends. */
export function mermaidOf(nodes: readonly PictureNode[]): string {
  const ids = new Map(nodes.map(({ name }, i) => [name, `n${i}`]));
  const lines = nodes.flatMap((node) => {
    const label = `"${labelOf(node).map(escaped).join('<br>')}"`;
    const box = node.isInput || node.isOutput ? `([${label}])` : `[${label}]`;
    const edges = node.reads.map(({ from, slots }) => {
      const arrow = slots.length > 0 ? `-->|${slots.join(', ')}|` : '-->';
      return `  ${ids.get(from)} ${arrow} ${ids.get(node.name)}`;
    });
    return [`  ${ids.get(node.name)}${box}`, ...edges];
  });
  return ['flowchart TD', ...lines].join('\n');
}

/** The lines in the box of a node. */
export function labelOf({ name, what, shape, parameters }: PictureNode): string[] {
  return [name, what, ...(shape ? [shape] : []), ...(parameters > 0 ? [`${parameters} parameters`] : [])];
}

/** Mermaid writes what it would read as its own as `#code;`. */
const escaped = (text: string) => text.replace(/["#<>&;`]/g, (character) => `#${character.charCodeAt(0)};`);
