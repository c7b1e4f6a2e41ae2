import { spanOf } from './read-values.js';
import type { TensorTexture } from '../drawing/workbench.js';

/**
 * How a shader reads four values of a matrix next to each other. A position is a row and a column that are added up in its
 * own type: `row(i)`, `below(row, n)` n rows further down, `column(k)` of the values 4k to 4k + 3, then `read`.
 */
export interface MatrixReader {
  /** Tells apart what is written differently. */
  readonly key: string;
  readonly texture: TensorTexture;
  readonly type: 'Coord' | 'int';
  /** Functions that the reads need. */
  readonly functions: string;
  /** What the uniform `step` of this input must be. */
  readonly step: number;
  row(i: string): string;
  below(row: string, n: number): string;
  column(k: string): string;
  read(row: string, column: string): string;
}

/**
 * Reads rows of `length` values as they lie. Without a division where each is a row of the texture; where texels reach
 * over the ends of rows, two are put together, and what lies behind the end of a row is anything.
 */
export function matrixReader(texture: TensorTexture, length: number, input: string): MatrixReader {
  const name = `${input.toLowerCase()}Step`;
  if (length % 4 !== 0) {
    return {
      key: 'straddling',
      texture,
      type: 'int',
      step: length,
      functions: straddling(input),
      row: (i) => `(${i}) * ${name}`,
      below: (row, n) => `${row} + ${n} * ${name}`,
      column: (k) => `(${k}) * 4`,
      read: (row, column) => `span${input}(${row} + ${column})`,
    };
  }
  if (texture.width === length / 4) {
    return {
      key: 'exact',
      texture,
      type: 'Coord',
      step: length / 4,
      functions: '',
      row: (i) => `row${input}(${i})`,
      below: (row, n) => (n === 0 ? row : `${row} + down${input}(${n})`),
      column: (k) => `column${input}(${k})`,
      read: (row, column) => `look${input}(${column}, ${row})`,
    };
  }
  return {
    key: 'wrapped',
    texture,
    type: 'int',
    step: length / 4,
    functions: '',
    row: (i) => `(${i}) * ${name}`,
    below: (row, n) => `${row} + ${n} * ${name}`,
    column: (k) => k,
    read: (row, column) => `read${input}(${row} + ${column})`,
  };
}

/** Only small tensors are read so, hence `over`. */
const straddling = (input: string): string => `vec4 texel${input}(int i) {
  int row = over(i, ${input}Size.x);
  return fetch${input}(i - row * ${input}Size.x, row);
}
${spanOf(input, (texel) => `texel${input}(${texel})`)}`;
