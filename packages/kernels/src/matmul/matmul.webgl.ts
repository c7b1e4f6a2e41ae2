import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/launcher.js';
import { alignRows, pickOf, rowReader, type Rows } from '../webgl/rows.js';
import { allFilled, onWorkbench, type Block, type Workbench } from '../webgl/workbench.js';
import type { MatmulAttrs } from './matmul.js';

/**
 * Matrix product by blocks: a fragment keeps one texel of each of several rows of the result in registers, each in a
 * render target of its own, so that one read of b serves all of them. A second draw puts the rows in order and adds
 * the bias. Two transposed factors, which no gradient asks for, are left to tfjs.
 */
export function matmulWebgl(
  { a, b, bias }: { a: Tensor; b: Tensor; bias: Tensor | undefined },
  { transposeA, transposeB }: MatmulAttrs,
): TensorInfo | undefined {
  if ((transposeA && transposeB) || !allFilled(a, b)) return undefined;
  return onWorkbench((bench) => {
    const [rows, inner] = (transposeA ? [a.shape[1], a.shape[0]] : [a.shape[0], a.shape[1]]) as [number, number];
    const columns = b.shape[transposeB ? 0 : 1]!;
    const left = alignRows(bench, bench.read(a), a.shape[1]!);
    const right = alignRows(bench, bench.read(b), b.shape[1]!);
    const height = rows === 1 && !transposeA ? 1 : rows <= 4 ? 4 : bench.targets;
    const width = Math.ceil(columns / 4);
    const parts = bench.texels(Math.ceil(rows / height) * width, height);
    const sizes = { rows, inner, columns, width };
    if (transposeA) leftTransposed(bench, left, right, parts, sizes);
    else rightWhole(bench, left, right, parts, sizes, transposeB);
    return bench.give(inOrder(bench, parts, sizes, bias && bench.read(bias)));
  });
}

interface Sizes {
  rows: number;
  inner: number;
  columns: number;
  /** Texels in a row of the result. */
  width: number;
}

const uniforms = { rows: 'int', inner: 'int', columns: 'int', width: 'int', aTexels: 'int', bTexels: 'int' } as const;

const start = (height: number) => `
  int block = texel / width;
  int column = texel - block * width;
  int row = block * ${height};
  ${repeat(height, (j) => `vec4 sum${j} = vec4(0.0);`, ' ')}`;

const store = (height: number) => repeat(height, (j) => `  result${j} = sum${j};`);

function leftTransposed(bench: Workbench, left: Rows, right: Rows, parts: Block[], sizes: Sizes): void {
  const height = parts.length;
  const [a, b] = [rowReader(left, 'A'), rowReader(right, 'B')];
  bench.run(
    `MatmulLeftTransposed ${height} ${a.key} ${b.key}`,
    () => ({
      inputs: ['A', 'B'],
      targets: height,
      uniforms,
      // The last block may reach past the row of a; what it makes there is never read.
      main: `${start(height)}
  for (int k = 0; k < inner; k++) {
    vec4 right = ${b.at('k', 'column')};
    ${repeat(height / 4, (t) => `vec4 left${t} = ${a.at('k', `min(row / 4 + ${t}, aTexels - 1)`)};`, ' ')}
    ${repeat(height, (j) => `sum${j} += left${j >> 2}[${j & 3}] * right;`, ' ')}
  }
${store(height)}`,
    }),
    parts,
    [left.block, right.block],
    { ...sizes, aTexels: left.texels, bTexels: right.texels },
  );
}

function rightWhole(
  bench: Workbench,
  left: Rows,
  right: Rows,
  parts: Block[],
  sizes: Sizes,
  transposed: boolean,
): void {
  const height = parts.length;
  const [a, b] = [rowReader(left, 'A'), rowReader(right, 'B')];
  // Rows of b past its end would meet the zeros that fill up a: selected away, as they may be infinite.
  const rest = transposed ? 0 : sizes.inner % 4;
  const step = (k: string, known: number) => {
    const right = (z: number) =>
      transposed
        ? b.at(`min(column * 4 + ${z}, columns - 1)`, k)
        : z < known
          ? b.at(`${k} * 4 + ${z}`, 'column')
          : 'vec4(0.0)';
    const products = (j: number) => {
      const factor = a.at(`row${j}`, k);
      return transposed ? `sum${j} += ${factor} * right;` : `sum${j} += right * ${factor};`;
    };
    return `mat4 right = mat4(${repeat(4, right, ', ')});\n    ${repeat(height, products, '\n    ')}`;
  };
  bench.run(
    `Matmul ${height} ${transposed ? 'transposed' : rest} ${a.key} ${b.key}`,
    () => ({
      inputs: ['A', 'B'],
      targets: height,
      uniforms,
      main: `${start(height)}
  ${repeat(height, (j) => `int row${j} = min(row + ${j}, rows - 1);`, ' ')}
  int whole = ${transposed ? 'aTexels' : 'inner / 4'};
  for (int k = 0; k < whole; k++) {
    ${step('k', 4)}
  }
  ${rest ? `{\n    ${step('whole', rest)}\n  }` : ''}
${store(height)}`,
    }),
    parts,
    [left.block, right.block],
    { ...sizes, aTexels: left.texels, bTexels: right.texels },
  );
}

/** The rows out of their render targets, next to each other as the shape of the result has them. */
function inOrder(bench: Workbench, parts: Block[], { rows, columns, width }: Sizes, bias: Block | undefined): Block {
  const height = parts.length;
  const result = bench.dense([rows, columns]);
  const filled = columns % 4 === 0;
  const names = parts.map((_, j) => `Part${j}`);
  const place = (row: string, column: string) => `pick(${row} % ${height}, (${row} / ${height}) * width + ${column})`;
  const lane = `float lane(int i) {
  int row = i / columns;
  int column = i - row * columns;
  return ${place('row', '(column >> 2)')}[column & 3]${bias ? ' + readBias(column >> 2)[column & 3]' : ''};
}`;
  bench.run(
    `MatmulOrder ${height} ${filled ? 'filled' : 'lanes'} ${bias ? 'bias' : ''}`,
    () => ({
      inputs: [...names, ...(bias ? ['Bias'] : [])],
      targets: 1,
      uniforms: { columns: 'int', width: 'int' },
      functions: `${pickOf(names)}\n${filled ? '' : lane}`,
      main: filled
        ? `
  int row = texel / width;
  int column = texel - row * width;
  result0 = ${place('row', 'column')}${bias ? ' + readBias(column)' : ''};`
        : `result0 = vec4(${repeat(4, (l) => `lane(texel * 4 + ${l})`, ', ')});`,
    }),
    [result],
    [...parts, ...(bias ? [bias] : [])],
    { columns, width },
  );
  return result;
}
