import { Variable } from '../variable/variable.js';
import { shapeText, type Shapes } from './data.js';
import { isModule } from './module-tree.js';
import type { AnyModule } from './module.js';

/** A table as Keras prints it: one row for each module with its output shape and the parameters it holds itself. */
export function summaryOf(module: AnyModule, inputShape: Shapes): string {
  const shapes = outputShapes(module, inputShape);
  const counted = new Set<Variable>();
  const rows = [...module.namedModules()].map(([path, part]) => {
    const depth = path ? path.split('.').length : 0;
    const label = `${'  '.repeat(depth)}${path.split('.').at(-1) || (part.name ?? '')} (${part.className})`;
    return [label.replace(/^(\s*) \(/, '$1('), shapes.get(part) ?? '-', grouped(ownParameters(part, counted))];
  });
  const table = ruled([['Layer (type)', 'Output shape', 'Params'], ...rows]);
  const sum = (variables: Iterable<Variable>) => [...variables].reduce((total, { size }) => total + size, 0);
  const total = sum(module.parameters());
  const trainable = sum([...module.parameters()].filter(({ requiresGrad }) => requiresGrad));
  return [
    table,
    `Total params: ${grouped(total)} (${module.paramSize('kb').toFixed(2)} KB)`,
    `Trainable params: ${grouped(trainable)}`,
    `Non-trainable params: ${grouped(total - trainable)}`,
    `Buffers: ${grouped(sum(module.buffers()))}`,
  ].join('\n');
}

/** How many numbers a module holds itself that no row above has counted. */
function ownParameters(module: AnyModule, counted: Set<Variable>): number {
  let count = 0;
  for (const [, member] of module.members()) {
    if (isModule(member) || !member.isParameter || counted.has(member)) continue;
    counted.add(member);
    count += member.size;
  }
  return count;
}

/**
 * The shapes that each module answered with while the whole was asked for its own. A module may be asked several times:
 * every different answer is shown.
 */
function outputShapes(module: AnyModule, inputShape: Shapes): Map<AnyModule, string> {
  const answers = new Map<AnyModule, string>();
  const undo: (() => void)[] = [];
  try {
    for (const part of module.modules()) {
      const before = Object.getOwnPropertyDescriptor(part, 'dataShapeFrom');
      const rule = part.dataShapeFrom.bind(part);
      const listening = (shape: Shapes) => {
        const answer = rule(shape);
        const text = shapeText(answer);
        const known = answers.get(part);
        if (!known?.split('; ').includes(text)) answers.set(part, known ? `${known}; ${text}` : text);
        return answer;
      };
      Object.defineProperty(part, 'dataShapeFrom', { value: listening, configurable: true, writable: true });
      undo.push(() => {
        if (before) Object.defineProperty(part, 'dataShapeFrom', before);
        else Reflect.deleteProperty(part, 'dataShapeFrom');
      });
    }
    module.dataShapeFrom(inputShape);
    return answers;
  } finally {
    for (const restore of undo) restore();
  }
}

/** Rows as text, columns aligned, the last to the right, with a rule under the first row and around the whole. */
function ruled(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((text, i) => (i === row.length - 1 ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join('  ');
  const [head, ...body] = rows.map(line) as [string, ...string[]];
  const rule = (character: string) => character.repeat(head.length);
  return [head, rule('='), ...body, rule('=')].join('\n');
}

/** A whole number with its thousands apart. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
