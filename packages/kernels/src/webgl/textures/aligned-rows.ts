import { util } from '@tensorflow/tfjs-core';
import { valueOf } from '../glsl/read-values.js';
import { repeat } from '../drawing/shader-text.js';
import type { Texture, Tiles } from './texture.js';
import type { TensorTexture, Workbench } from '../drawing/workbench.js';

/** A texture as rows that each start a texel; the last texel of a row is filled up with zeros. */
export interface Rows {
  readonly texture: TensorTexture;
  /** Texels in a row. */
  readonly texels: number;
}

/** The texture as rows of `length` values: itself when they fill their texels, else a padded copy. */
export function alignRows(bench: Workbench, texture: TensorTexture, length: number): Rows {
  const texels = Math.ceil(length / 4);
  if (length % 4 === 0) return { texture, texels };
  const { shape } = texture.info;
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
    [texture],
    { texels, rowLength: length },
  );
  return { texture: padded, texels };
}

/** The inverse: rows that each start a texel, packed without gaps under `shape`, whose last axis is the row. */
export function packRows(bench: Workbench, texture: TensorTexture, shape: readonly number[]): TensorTexture {
  const length = shape.at(-1)!;
  if (length % 4 === 0) return { ...texture, info: { ...texture.info, shape: [...shape] } };
  return pack(bench, texture, shape);
}

/** A packed copy of rows that each start a texel. */
export function pack(bench: Workbench, rows: Texture | Tiles, shape: readonly number[]): TensorTexture {
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
