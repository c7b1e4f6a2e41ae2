import { util } from '@tensorflow/tfjs-core';
import { repeat } from './launcher.js';
import type { Texture, Tiles } from './texture.js';
import type { Block, Workbench } from './workbench.js';

/** A block as rows that each start a texel; the last texel of a row is filled up with zeros. */
export interface Rows {
  readonly block: Block;
  /** Texels in a row. */
  readonly texels: number;
}

/** Reads one value out of dense input X. */
export const valueOf = (input: string): string => `float value${input}(int i) { return read${input}(i >> 2)[i & 3]; }`;

/** The block as rows of `length` values: itself when they fill their texels, else a padded copy. */
export function alignRows(bench: Workbench, block: Block, length: number): Rows {
  const texels = Math.ceil(length / 4);
  if (length % 4 === 0) return { block, texels };
  const { shape } = block.info;
  const outer = shape.at(-1) === length ? shape.slice(0, -1) : [util.sizeFromShape(shape) / length];
  const padded = bench.dense([...outer, texels * 4]);
  bench.run(
    'AlignRows',
    () => ({
      inputs: ['X'],
      targets: 1,
      uniforms: { texels: 'int', rowLength: 'int' },
      functions: `${valueOf('X')}
float within(int row, int column) { return column < rowLength ? valueX(row * rowLength + column) : 0.0; }`,
      main: `
  int row = texel / texels;
  int column = (texel - row * texels) * 4;
  result0 = vec4(${repeat(4, (l) => `within(row, column + ${l})`, ', ')});`,
    }),
    [padded],
    [block],
    { texels, rowLength: length },
  );
  return { block: padded, texels };
}

/** The inverse: rows that each start a texel, packed without gaps under `shape`, whose last axis is the row. */
export function packRows(bench: Workbench, block: Block, shape: readonly number[]): Block {
  const length = shape.at(-1)!;
  if (length % 4 === 0) return { ...block, info: { ...block.info, shape: [...shape] } };
  return pack(bench, block, shape);
}

/** A packed copy of rows that each start a texel. */
export function pack(bench: Workbench, rows: Texture | Tiles, shape: readonly number[]): Block {
  const length = shape.at(-1)!;
  const packed = bench.dense(shape);
  bench.run(
    'PackRows',
    () => ({
      inputs: ['X'],
      targets: 1,
      uniforms: { texels: 'int', rowLength: 'int' },
      functions: `${valueOf('X')}
float packedValue(int i) { int row = i / rowLength; return valueX(row * texels * 4 + i - row * rowLength); }`,
      main: `result0 = vec4(${repeat(4, (l) => `packedValue(texel * 4 + ${l})`, ', ')});`,
    }),
    [packed],
    [rows],
    { texels: Math.ceil(length / 4), rowLength: length },
  );
  return packed;
}

/**
 * How a shader reads four values of a matrix next to each other. A place is a row and a column that are added up in its
 * own type: `row(i)`, `below(row, n)` n rows further down, `column(k)` of the values 4k to 4k + 3, then `read`.
 */
export interface MatrixReader {
  /** Tells apart what is written differently. */
  readonly key: string;
  readonly block: Block;
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
export function matrixReader(block: Block, length: number, input: string): MatrixReader {
  const name = `${input.toLowerCase()}Step`;
  if (length % 4 !== 0) {
    return {
      key: 'straddling',
      block,
      type: 'int',
      step: length,
      functions: straddle(input),
      row: (i) => `(${i}) * ${name}`,
      below: (row, n) => `${row} + ${n} * ${name}`,
      column: (k) => `(${k}) * 4`,
      read: (row, column) => `straddle${input}(${row} + ${column})`,
    };
  }
  if (block.width === length / 4) {
    return {
      key: 'exact',
      block,
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
    block,
    type: 'int',
    step: length / 4,
    functions: '',
    row: (i) => `(${i}) * ${name}`,
    below: (row, n) => `${row} + ${n} * ${name}`,
    column: (k) => k,
    read: (row, column) => `read${input}(${row} + ${column})`,
  };
}

/** Four values from value i on; only small tensors are read so, hence `over`. */
const straddle = (input: string): string => `vec4 texel${input}(int i) {
  int row = over(i, ${input}Size.x);
  return fetch${input}(i - row * ${input}Size.x, row);
}
vec4 straddle${input}(int i) {
  int shift = i & 3;
  vec4 here = texel${input}(i >> 2);
  vec4 next = texel${input}((i >> 2) + 1);
  vec4 odd = shift == 1 ? vec4(here.yzw, next.x) : vec4(here.w, next.xyz);
  vec4 even = shift == 0 ? here : vec4(here.zw, next.xy);
  return (shift & 1) == 1 ? odd : even;
}`;
