import { util } from '@tensorflow/tfjs-core';
import { repeat } from './launcher.js';
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
    [block],
    { texels: Math.ceil(length / 4), rowLength: length },
  );
  return packed;
}

/** How a shader reads texel `column` of row `row`: without a division where each row of values is a row of the texture. */
export function rowReader({ block, texels }: Rows, input: string) {
  const exact = block.width === texels;
  return {
    key: exact ? 'exact' : 'wrapped',
    at: (row: string, column: string): string =>
      exact ? `fetch${input}(${column}, ${row})` : `read${input}((${row}) * ${input.toLowerCase()}Texels + ${column})`,
  };
}

/** GLSL that picks one of equally large inputs by a number that is only known when it runs. */
export function pickOf(inputs: readonly string[]): string {
  const cases = inputs.slice(1).map((name, i) => `  if (which == ${i + 1}) return fetch${name}(column, row);`);
  return `vec4 pick(int which, int index) {
  int row = index / ${inputs[0]!}Size.x;
  int column = index - row * ${inputs[0]!}Size.x;
${cases.join('\n')}
  return fetch${inputs[0]!}(column, row);
}`;
}
