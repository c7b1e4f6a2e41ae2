import { util } from '@tensorflow/tfjs-core';
import { valueOf } from '../glsl/read-values.js';
import { repeat } from '../drawing/shader-text.js';
import type { Texture, Tiles } from './texture.js';
import type { Block, Workbench } from '../drawing/workbench.js';

/** A block as rows that each start a texel; the last texel of a row is filled up with zeros. */
export interface Rows {
  readonly block: Block;
  /** Texels in a row. */
  readonly texels: number;
}

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
