import type { PictureNode } from './picture.js';
import { railsOf } from './rails.js';

/** Lines for a terminal: rails, then name, class, shape and parameters in columns. */
export function textOf(nodes: readonly PictureNode[]): string {
  const lines = railsOf(nodes);
  const width = Math.max(...lines.map(({ rails }) => rails.length));
  const cells = new Map(nodes.map((node) => [node, [node.name, node.what, node.shape ?? '', countText(node)]]));
  const widths = [0, 1, 2, 3].map((column) => Math.max(...[...cells.values()].map((row) => row[column]!.length)));
  const text = ({ rails, node }: (typeof lines)[0]) => {
    if (!node) return rails;
    const row = cells
      .get(node)!
      .map((cell, column) => (column === 3 ? cell.padStart(widths[3]!) : cell.padEnd(widths[column]!)));
    return [rails.padEnd(width), ...row.filter((_, column) => widths[column]! > 0), slotText(node)]
      .join('  ')
      .trimEnd();
  };
  return lines.map(text).join('\n');
}

const countText = ({ parameters }: PictureNode) => (parameters > 0 ? String(parameters) : '');

/** What is read of lists, where it is not the whole. */
function slotText({ reads }: PictureNode): string {
  const parts = reads.filter(({ slots }) => slots.length > 0).map(({ from, slots }) => `${from}[${slots.join(', ')}]`);
  return parts.length > 0 ? `of ${parts.join(', ')}` : '';
}
