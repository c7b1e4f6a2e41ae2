import type { PictureNode } from './picture.js';

/** A line of a drawing: the rails at its left, and the node that stands on them, if it is one of a node. */
export interface RailLine {
  readonly rails: string;
  readonly node?: PictureNode;
}

/** Where a line comes from and goes to, for each box-drawing character. */
const JOINTS: Record<string, string> = {
  up: '│',
  'down up': '│',
  'left right': '─',
  'right up': '╰',
  'left up': '╯',
  'down left': '╮',
  'down right': '╭',
  'down right up': '├',
  'down left up': '┤',
  'down left right': '┬',
  'left right up': '┴',
  'down left right up': '┼',
};

/**
 * Nodes one below the other, each in a column, with rails between those that give and those that read. What nobody reads
 * any more leaves its column free.
 */
export function railsOf(nodes: readonly PictureNode[]): RailLine[] {
  const waiting = new Map<string, number>();
  for (const { reads } of nodes) {
    for (const from of new Set(reads.map((read) => read.from))) waiting.set(from, (waiting.get(from) ?? 0) + 1);
  }
  const columns: (string | undefined)[] = [];
  return nodes.flatMap((node) => {
    const sources = [...new Set(node.reads.map(({ from }) => columns.indexOf(from)))];
    for (const source of sources) waiting.set(columns[source]!, waiting.get(columns[source]!)! - 1);
    const ending = new Set(sources.filter((source) => waiting.get(columns[source]!) === 0));
    const target = ending.size > 0 ? Math.min(...ending) : freeColumn(columns);
    const isStraight = sources.length === 0 || (sources.length === 1 && sources[0] === target);
    const joint: RailLine[] = isStraight ? [] : [{ rails: jointOf(columns, sources, ending, target) }];
    for (const source of ending) columns[source] = undefined;
    columns[target] = node.name;
    const rails = columns.map((name, column) => (column === target ? '●' : name === undefined ? ' ' : '│')).join(' ');
    if (!waiting.has(node.name)) columns[target] = undefined;
    while (columns.length > 0 && columns.at(-1) === undefined) columns.pop();
    return [...joint, { rails, node }];
  });
}

function freeColumn(columns: readonly (string | undefined)[]): number {
  const free = columns.indexOf(undefined);
  return free < 0 ? columns.length : free;
}

/** The line between two nodes on which rails turn to the column of the second. */
function jointOf(
  columns: readonly (string | undefined)[],
  sources: readonly number[],
  ending: ReadonlySet<number>,
  target: number,
): string {
  const [left, right] = [Math.min(target, ...sources), Math.max(target, ...sources)];
  let line = '';
  for (let column = 0; column <= Math.max(columns.length - 1, right); column++) {
    const inside = column >= left && column <= right;
    const turns = sources.includes(column) || column === target;
    const comes = columns[column] !== undefined;
    const ways = [
      column === target || (comes && !ending.has(column)) ? 'down' : '',
      inside && column > left ? 'left' : '',
      inside && column < right ? 'right' : '',
      comes ? 'up' : '',
    ];
    const passesOver = inside && comes && !turns;
    line += passesOver ? '│' : (JOINTS[ways.filter(Boolean).join(' ')] ?? ' ');
    line += inside && column < right ? '─' : ' ';
  }
  return line.trimEnd();
}
