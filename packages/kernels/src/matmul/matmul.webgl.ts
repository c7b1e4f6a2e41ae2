import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/drawing/shader-text.js';
import { alignRows } from '../webgl/textures/aligned-rows.js';
import { matrixReader, type MatrixReader } from '../webgl/glsl/matrix-reader.js';
import type { Tiles } from '../webgl/textures/texture.js';
import { giveTiles, matrixTiles } from '../webgl/textures/tiles.js';
import { readValues, valuesOf } from '../webgl/glsl/read-values.js';
import { allFilled, onWorkbench, type TensorTexture, type Workbench } from '../webgl/drawing/workbench.js';
import type { MatmulAttrs } from './matmul-inputs.js';

/** Up to so many products of a texel by a value, sharing reads between rows costs more than it saves. */
const SMALL = 2 ** 18;

/**
 * Matrix product by tiles: a fragment keeps one texel of each of several rows of the result in registers, each in a layer
 * of its own, so that one read of b serves all of them. Small products take one draw, a texel a fragment.
 */
export function matmulWebgl(
  { a, b, bias }: { a: Tensor; b: Tensor; bias: Tensor | undefined },
  { transposeA, transposeB }: MatmulAttrs,
): TensorInfo | undefined {
  if (!allFilled(a, b)) return undefined;
  return onWorkbench((bench) => {
    const [rows, inner] = (transposeA ? [a.shape[1], a.shape[0]] : [a.shape[0], a.shape[1]]) as [number, number];
    const columns = b.shape[transposeB ? 0 : 1]!;
    const width = Math.ceil(columns / 4);
    const small = rows * width * inner <= SMALL;
    const side = (tensor: Tensor, input: string): MatrixReader => {
      const length = tensor.shape[1]!;
      if (small) return matrixReader(bench.read(tensor), length, input);
      const { texture, texels } = alignRows(bench, bench.read(tensor), length);
      return matrixReader(texture, texels * 4, input);
    };
    const product: Product = { a: side(a, 'A'), b: side(b, 'B'), transposeA, transposeB, rows, inner, columns, width };
    if (small && columns % 4 === 0) return bench.give(single(bench, product, bias && bench.read(bias)));
    return giveTiles(bench, tiled(bench, product, bias), [rows, columns]);
  });
}

interface Product extends MatmulAttrs {
  a: MatrixReader;
  b: MatrixReader;
  rows: number;
  inner: number;
  columns: number;
  /** Texels in a row of the result. */
  width: number;
}

const uniforms = { rows: 'int', inner: 'int', columns: 'int', width: 'int', aStep: 'int', bStep: 'int' } as const;

const sizesOf = ({ a, b, rows, inner, columns, width }: Product) => ({
  ...{ rows, inner, columns, width },
  aStep: a.step,
  bStep: b.step,
});

const keyOf = ({ a, b, transposeA, transposeB, inner }: Product): string =>
  `${a.key} ${b.key} ${transposeA ? 'a' : ''}${transposeB ? 'b' : ''} ${inner % 4 ? 'rest' : ''}`;

/** GLSL that adds to sum0 and so on the products of rows `row` to `row + height - 1` with texel `column` of the columns. */
function sums({ a, b, transposeA, transposeB, inner }: Product, height: number): string {
  const starts = [
    ...(transposeA
      ? Array.from(
          { length: Math.ceil(height / 4) },
          (_, t) => `${a.type} a${t} = ${a.column(`min(row / 4 + ${t}, (rows - 1) / 4)`)};`,
        )
      : Array.from({ length: height }, (_, j) => `${a.type} a${j} = ${a.row(`min(row + ${j}, rows - 1)`)};`)),
    ...(transposeB
      ? Array.from({ length: 4 }, (_, z) => `${b.type} b${z} = ${b.row(`min(column * 4 + ${z}, columns - 1)`)};`)
      : [`${b.type} b0 = ${b.column('column')};`]),
  ];
  // Behind the last of what is summed lies anything, also NaN: it is left out on both sides.
  const cut = (read: string, mask: string) => (mask ? `mix(vec4(0.0), ${read}, ${mask})` : read);
  const step = (k: string, isRest = false): string => {
    const inside = isRest ? 'inside' : '';
    const mask = (z: number) => (isRest ? `bvec4(inside[${z}])` : '');
    const lefts = transposeA
      ? repeat(Math.ceil(height / 4), (t) =>
          repeat(4, (z) => `vec4 left${t}${z} = ${cut(a.read(a.below('ak', z), `a${t}`), mask(z))};`, ' '),
        )
      : repeat(height, (j) => `vec4 left${j} = ${cut(a.read(`a${j}`, 'ak'), inside)};`, ' ');
    const left = (j: number) => {
      if (!transposeA) return `left${j}`;
      const lane = height === 1 ? 'row & 3' : j & 3;
      return `vec4(${repeat(4, (z) => `left${j >> 2}${z}[${lane}]`, ', ')})`;
    };
    const right = (z: number) =>
      transposeB ? cut(b.read(`b${z}`, 'bk'), inside) : cut(b.read(b.below('bk', z), 'b0'), mask(z));
    return `{
      ${isRest ? 'bvec4 inside = lessThan(ivec4(0, 1, 2, 3), ivec4(inner & 3));' : ''}
      ${a.type} ak = ${transposeA ? a.row(`(${k}) * 4`) : a.column(k)};
      ${b.type} bk = ${transposeB ? b.column(k) : b.row(`(${k}) * 4`)};
      ${lefts}
      mat4 right = mat4(${repeat(4, right, ', ')});
      ${repeat(height, (j) => `sum${j} += ${transposeB ? `${left(j)} * right` : `right * ${left(j)}`};`, ' ')}
    }`;
  };
  // Twice in a row is faster, but what is not read in one piece makes long programs, which take long to compile.
  const unrolled = a.functions === '' && b.functions === '';
  return `
  ${repeat(height, (j) => `vec4 sum${j} = vec4(0.0);`, ' ')}
  ${starts.join('\n  ')}
  int whole = inner / 4;
  int k = 0;
  ${unrolled ? `for (; k + 1 < whole; k += 2) {\n    ${step('k')}\n    ${step('k + 1')}\n  }` : ''}
  for (; k < whole; k++) ${step('k')}
  ${inner % 4 ? step('whole', true) : ''}`;
}

/** One draw of a texel a fragment. */
function single(bench: Workbench, product: Product, bias: TensorTexture | undefined): TensorTexture {
  const { a, b, rows, columns } = product;
  const result = bench.dense([rows, columns]);
  bench.run(
    `Matmul 1 ${keyOf(product)} ${bias ? 'bias' : ''}`,
    () => ({
      inputs: ['A', 'B', ...(bias ? ['Bias'] : [])],
      targets: 1,
      uniforms,
      functions: [a.functions, b.functions].join('\n'),
      main: `
  int row = texel / width;
  int column = texel - row * width;
  ${sums(product, 1)}
  result0 = sum0${bias ? ' + readBias(column)' : ''};`,
    }),
    [result],
    [a.texture, b.texture, ...(bias ? [bias] : [])],
    sizesOf(product),
  );
  return result;
}

/** Tiles of several rows, of which a fragment computes one. */
function tiled(bench: Workbench, product: Product, bias: Tensor | undefined): Tiles {
  const { a, b, rows, width } = product;
  // SwiftShader shades pairs of rows: one of tiles alone would leave half of it idle.
  const height = rows > bench.targets ? bench.targets : 4;
  const tiles = matrixTiles(bench, rows, width, height);
  const offsets = bias && readValues(bench, bias);
  bench.run(
    `Matmul ${height} ${keyOf(product)} ${tiles.exact} ${offsets ? (offsets.plain ? 'plain bias' : 'bias') : ''}`,
    () => ({
      inputs: ['A', 'B', ...(offsets ? ['Bias'] : [])],
      targets: height,
      uniforms,
      functions: [a.functions, b.functions, offsets ? valuesOf('Bias', offsets.plain) : ''].join('\n'),
      main: `
  int tile = ${tiles.exact ? 'position.y' : 'texel / width'};
  int column = ${tiles.exact ? 'position.x' : 'texel - tile * width'};
  int row = tile * ${height};
  ${sums(product, height)}
  ${offsets ? 'vec4 bias = spanBias(column * 4);' : ''}
${repeat(height, (j) => `  result${j} = sum${j}${offsets ? ' + bias' : ''};`)}`,
    }),
    tiles.layered,
    [a.texture, b.texture, ...(offsets ? [offsets.texture] : [])],
    sizesOf(product),
  );
  return tiles;
}
