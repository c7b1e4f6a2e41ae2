import { DataError, option, optionsOf, ValueError, type Given } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { ArrayDataset } from './array-dataset.js';

const options = optionsOf('csvDataset', {
  /** The column of the labels, by its name or from 0. Default: the last one. */
  label: option.kind<string | number>('a name, or a whole number from 0', isColumn).optional,
  /** What stands between two fields. Default a comma. */
  delimiter: option.kind<string>('one character', (value) => typeof value === 'string' && value.length === 1).or(','),
  /** Whether the first line has the names of the columns. Default true. */
  header: option.flag.or(true),
});
/** How a table is read. */
export type CsvDatasetOptions = Given<typeof options>;

/** What a table became. */
export interface CsvDataset {
  readonly dataset: ArrayDataset;
  /** The names of the columns that are data, or their numbers where there are no names. */
  readonly columns: readonly string[];
  /** What the labels stand for, in the order of their numbers. */
  readonly classes: readonly string[];
}

/**
 * Reads a table of comma-separated values: a column of labels, of which whole numbers from 0 stay what they are and words
 * are numbered in the order of the alphabet, and columns of numbers. Quoted fields may hold delimiters, quotes that are
 * doubled, and ends of lines, after RFC 4180.
 *
 * Shapes: data `[rows, columns]`.
 *
 * @example
 * const { dataset, classes } = csvDataset('width,kind\n1.5,oak\n2,elm\n', { label: 'kind' });
 * console.log(classes, [...dataset.labels]); // [ 'elm', 'oak' ] [ 1, 0 ]
 * @throws DataError naming the line and the column of what is not a number, or of a row of another length, and for what is
 * not text; ValueError for a column of labels that there is not.
 */
export function csvDataset(text: string, given: CsvDatasetOptions = {}): CsvDataset {
  checkText(text);
  const { label, delimiter, header } = options.read(given);
  const table = parseCsv(text, delimiter);
  const width = table[0]?.length ?? 0;
  const rows = header ? table.slice(1) : table;
  if (rows.length === 0 || width < 2) {
    throw new DataError('csvDataset: the table has no samples', { expected: 'rows of at least two columns' });
  }
  const names = header ? table[0]! : table[0]!.map((_, i) => String(i));
  const at = typeof label === 'string' ? names.indexOf(label) : (label ?? width - 1);
  if (at < 0 || at >= width) {
    throw new ValueError('csvDataset: there is no such column of labels', {
      path: 'csvDataset',
      expected: names.join(', '),
      received: String(label),
    });
  }
  const data = new Float32Array(rows.length * (width - 1));
  rows.forEach((row, i) => {
    if (row.length !== width) throw wrongRow(row, i + (header ? 2 : 1), width);
    row
      .filter((_, column) => column !== at)
      .forEach((field, column) => {
        data[i * (width - 1) + column] = numberIn(
          field,
          i + (header ? 2 : 1),
          names.filter((_, c) => c !== at)[column]!,
        );
      });
  });
  const { labels, classes } = labelsFrom(rows.map((row) => row[at]!.trim()));
  const dataset = new ArrayDataset({ data, shape: [rows.length, width - 1], labels, checkFinite: false });
  return { dataset, classes, columns: names.filter((_, column) => column !== at) };
}

function checkText(value: unknown): void {
  if (typeof value === 'string') return;
  throw new DataError('csvDataset takes the text of a table', {
    path: 'csvDataset',
    expected: 'a string',
    received: shownValue(value),
  });
}

/** The fields of each line; empty lines are left out. */
function parseCsv(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let [row, field, quoted]: [string[], string, boolean] = [[], '', false];
  const endRow = () => {
    if (row.length > 0 || field !== '') rows.push([...row, field]);
    [row, field] = [[], ''];
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (quoted && character === '"' && text[i + 1] === '"') field += text[++i]!;
    else if (character === '"' && (quoted || field.trim() === '')) quoted = !quoted;
    else if (quoted) field += character;
    else if (character === delimiter) [row, field] = [[...row, field], ''];
    else if (character === '\n') endRow();
    else if (character !== '\r') field += character;
  }
  if (quoted) throw new DataError('csvDataset: a quoted field does not end', { expected: 'a closing "' });
  endRow();
  return rows;
}

function labelsFrom(fields: readonly string[]): { labels: Int32Array; classes: string[] } {
  if (fields.every((field) => /^\d{1,9}$/.test(field))) {
    const labels = Int32Array.from(fields, Number);
    const classes = Array.from({ length: labels.reduce((most, label) => Math.max(most, label), 0) + 1 }, (_, i) =>
      String(i),
    );
    return { labels, classes };
  }
  const classes = [...new Set(fields)].sort();
  const numbers = new Map(classes.map((name, i) => [name, i]));
  return { labels: Int32Array.from(fields, (field) => numbers.get(field)!), classes };
}

function numberIn(field: string, line: number, column: string): number {
  const value = field.trim() === '' ? NaN : Number(field);
  if (Number.isFinite(value)) return value;
  throw new DataError(`csvDataset: line ${line} has no number in column ${column}`, {
    path: 'csvDataset',
    expected: 'a finite number',
    received: JSON.stringify(field),
  });
}

function wrongRow(row: readonly string[], line: number, width: number): DataError {
  return new DataError(`csvDataset: line ${line} has another number of fields`, {
    path: 'csvDataset',
    expected: String(width),
    received: String(row.length),
  });
}

function isColumn(value: unknown): boolean {
  return typeof value === 'string' || (Number.isInteger(value) && (value as number) >= 0);
}
