import { Variable } from '../variable/variable.js';
import { isShapeList } from './data.js';
import { isModule } from './module-tree.js';
import type { AnyModule } from './module.js';
import { hearShapes } from './shape-rule.js';
import { shapeText, type Shapes } from '@tessera-nn/kernels';

/** Lists of shapes that are longer are written with one entry on a line. */
const WIDEST_LIST = 48;

/** A table as Keras prints it: one row for each module with its output shape and the parameters it holds itself. */
export function summaryOf(module: AnyModule, inputShape: Shapes): string {
  module.build(inputShape);
  const shapes = outputShapes(module, inputShape);
  const counted = new Set<Variable>();
  const rows = [...module.namedModules()].flatMap(([path, part]) => {
    const depth = path ? path.split('.').length : 0;
    const label = `${'  '.repeat(depth)}${path.split('.').at(-1) || (part.name ?? '')} (${part.className})`;
    const [shape, ...more] = shapes.get(part) ?? ['-'];
    const row = [label.replace(/^(\s*) \(/, '$1('), shape!, grouped(ownParameters(part, counted))];
    return [row, ...more.map((line) => ['', line, ''])];
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
 * The shapes that each module answered with while the whole was asked for its own, in lines. A module may be asked several
 * times: every different answer is shown.
 */
function outputShapes(module: AnyModule, inputShape: Shapes): Map<AnyModule, string[]> {
  const answers = new Map<AnyModule, Map<string, Shapes>>();
  const note = (part: AnyModule, answer: Shapes) => {
    if (!answers.has(part)) answers.set(part, new Map());
    answers.get(part)!.set(shapeText(answer), answer);
  };
  hearShapes(note, () => module.shapeAfter(inputShape));
  return new Map([...answers].map(([part, shapes]) => [part, linesOf([...shapes.values()])]));
}

/** Different shapes of one module: side by side where there is room, else one below the other. */
function linesOf(shapes: readonly Shapes[]): string[] {
  const line = shapes.map(shapeText).join('; ');
  return line.length <= WIDEST_LIST ? [line] : shapes.flatMap(shapeLines);
}

function shapeLines(shape: Shapes): string[] {
  const line = shapeText(shape);
  if (line.length <= WIDEST_LIST || !isShapeList(shape)) return [line];
  const lines = shape.flatMap((part, i) => {
    const inner = shapeLines(part);
    return [...inner.slice(0, -1), `${inner.at(-1)!}${i < shape.length - 1 ? ',' : ']'}`];
  });
  return lines.map((inner, i) => `${i === 0 ? '[' : ' '}${inner}`);
}

/** Rows as text, columns aligned, the last to the right, with a rule under the first row and around the whole. */
function ruled(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => (i === row.length - 1 ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const [head, ...body] = rows.map(line) as [string, ...string[]];
  const rule = (character: string) => character.repeat(head.length);
  return [head, rule('='), ...body, rule('=')].join('\n');
}

/** A whole number with its thousands apart. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
