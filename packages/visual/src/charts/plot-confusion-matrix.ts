import { option, optionsOf, ValueError, type Given } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { fitted, GAP, MARGIN, textWidth, TYPE } from '../look.js';
import { rectangle, textAt } from '../marks.js';
import { Picture } from '../picture.js';

const options = optionsOf('plotConfusionMatrix', {
  /** Of the classes, in their order. Default: their numbers. */
  names: option.listOf(option.text, 'strings').optional,
  /** What stands above. Default: the share of answers that are right. */
  title: option.text.optional,
});
export type PlotConfusionMatrixOptions = Given<typeof options>;

/** Pixels of a cell: as many as make the picture about this wide, within limits. */
const [WIDTH, LEAST_CELL, MOST_CELL, LONGEST_NAME] = [460, 26, 64, 120];
const AXIS_LABEL = 24;
/** From this share of its row on a cell is so dark that its number is written light. */
const DARK = 0.55;
const PERCENT = 100;

/**
 * How often each class was taken for each: rows are what is right, columns what was answered, and the darker a cell, the more
 * of its row lie in it. So a good network shows a dark diagonal.
 *
 * @param counts what a `ConfusionMatrix` computes: `[right][answered]`.
 * @example
 * import { plotConfusionMatrix } from '@tessera-nn/visual';
 * const matrix = new ConfusionMatrix();
 * matrix.update(net.forward(images), labels);
 * const picture = plotConfusionMatrix(await matrix.compute());
 * @throws ValueError for what is not square or holds no counts, or for names of other classes.
 */
export function plotConfusionMatrix(
  counts: readonly (readonly number[])[],
  given: PlotConfusionMatrixOptions = {},
): Picture {
  const read = options.read(given);
  checkCounts(counts);
  const classes = counts.length;
  const names = read.names ?? counts.map((_, i) => String(i));
  if (names.length !== classes) {
    throw new ValueError('plotConfusionMatrix: the names are not those of the classes', {
      path: 'plotConfusionMatrix',
      expected: `${classes} names`,
      received: String(names.length),
    });
  }
  const title = read.title ?? shareOfRight(counts);
  const cell = Math.min(Math.max(Math.floor(WIDTH / classes), LEAST_CELL), MOST_CELL);
  const nameWidth = Math.min(Math.max(...names.map((name) => textWidth(name, 'label'))), LONGEST_NAME);
  const left = MARGIN + AXIS_LABEL + nameWidth + GAP;
  const top = MARGIN + TYPE.title + 2 * GAP;
  const size = classes * cell;
  const areShort = nameWidth <= cell;
  const below = top + size + GAP + (areShort ? TYPE.label / 2 : nameWidth / 2);
  const middle = size / 2;
  const axis = { colour: 'muted', anchor: 'middle' } as const;
  const marks = [
    textAt({ x: MARGIN, y: MARGIN + TYPE.title / 2 }, title, { kind: 'title' }),
    textAt({ x: MARGIN + TYPE.label / 2, y: top + middle }, 'is', { ...axis, turned: true }),
    ...names.flatMap((name, i) => {
      const centre = (i + 0.5) * cell;
      const text = fitted(name, 'label', LONGEST_NAME);
      return [
        textAt({ x: left - GAP, y: top + centre }, text, { anchor: 'end' }),
        textAt({ x: left + centre, y: below }, text, { anchor: 'middle', turned: !areShort }),
      ];
    }),
    ...counts.flatMap((row, right) => cellsOf(row, cell, { x: left, y: top + right * cell })),
  ];
  const height = below + (areShort ? TYPE.label / 2 : nameWidth / 2) + AXIS_LABEL;
  marks.push(textAt({ x: left + middle, y: height - TYPE.label / 2 }, 'answered', axis));
  const width = Math.max(left + size, MARGIN + textWidth(title, 'title')) + MARGIN;
  return new Picture({ title, width, height: height + MARGIN / 2, marks });
}

function cellsOf(row: readonly number[], cell: number, { x, y }: { readonly x: number; readonly y: number }): string[] {
  const sum = row.reduce((total, count) => total + count, 0);
  return row.flatMap((count, i) => {
    const box = { x: x + i * cell, y, width: cell - 1, height: cell - 1 };
    const share = sum > 0 ? count / sum : 0;
    const text = String(count);
    const kind = textWidth(text, 'label') < cell - 2 ? 'label' : 'tick';
    const place = { x: box.x + box.width / 2, y: y + box.height / 2 };
    const colour = share > DARK ? 'paper' : 'ink';
    return [
      rectangle(box, 'panel'),
      ...(count > 0 ? [rectangle(box, 'series0', { 'fill-opacity': share.toFixed(3) })] : []),
      ...(count > 0 ? [textAt(place, fitted(text, kind, cell), { kind, colour, anchor: 'middle' })] : []),
    ];
  });
}

function shareOfRight(counts: readonly (readonly number[])[]): string {
  const all = counts.flat().reduce((sum, count) => sum + count, 0);
  const right = counts.reduce((sum, row, i) => sum + row[i]!, 0);
  return all === 0 ? 'No answers' : `${((right / all) * PERCENT).toFixed(1)} % of ${all} answers are right`;
}

function checkCounts(value: unknown): void {
  const isCount = (count: unknown) => Number.isInteger(count) && (count as number) >= 0;
  const isRow = (row: unknown, size: number) => Array.isArray(row) && row.length === size && row.every(isCount);
  if (Array.isArray(value) && value.length > 0 && value.every((row) => isRow(row, value.length))) return;
  throw new ValueError('plotConfusionMatrix takes counts, as many columns as rows', {
    path: 'plotConfusionMatrix',
    expected: 'what a ConfusionMatrix computes',
    received: shownValue(value),
  });
}
