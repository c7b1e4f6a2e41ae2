import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/launcher.js';
import { alignRows, valueOf } from '../webgl/rows.js';
import type { Stack } from '../webgl/texture.js';
import { allFilled, onWorkbench, type Block, type Workbench } from '../webgl/workbench.js';
import { blockShader, groupingOf, type Walk } from './block-shader.webgl.js';
import { isNarrow, narrowBlock, narrowShader, readNarrow } from './narrow.webgl.js';
import { blockOf, slideOf } from './slide.webgl.js';
import type { ConvGeometry } from './geometry.js';
import { imageOf, unfold } from './unfold.webgl.js';

/**
 * Convolution with a fragment for a block of neighbouring pixels and four maps: one read of the filter serves the whole
 * block, one read of the image all taps that see it. A second draw puts the pixels in order and adds the bias.
 */
export function conv2dWebgl(
  { x, filter, bias }: { x: Tensor; filter: Tensor; bias: Tensor | undefined },
  { groups, ...geometry }: ConvGeometry,
  shape: number[],
): TensorInfo | undefined {
  const grouping = groupingOf(groups, x.shape[3]!, filter.shape[3]!);
  if (!grouping || !allFilled(x, filter) || shape.some((size) => size < 1)) return undefined;
  return onWorkbench((bench) => {
    const outMaps = filter.shape[3]!;
    const taps = alignRows(bench, bench.read(filter), outMaps);
    const offsets = bias && bench.read(bias);
    if (groups === 1 && isNarrow(x.shape) && outMaps % 4 === 0) {
      const image = readNarrow(bench, x, filter.shape, geometry);
      const block = narrowBlock(bench.targets);
      const shader = narrowShader(image, taps.block, block);
      const { height, width, rowTexels } = image;
      const from = { block: image.block, height, width, texels: rowTexels };
      const walk = {
        from,
        to: { shape, texels: taps.texels },
        filter: { block: taps.block, maps: 1, texels: taps.texels },
      };
      return bench.give(convolve(bench, shader, block, walk, offsets));
    }
    const image = groups === 1 ? unfold(bench, x, filter.shape, geometry) : imageOf(bench, x, filter.shape, geometry);
    const [kh, kw, inMaps] = image.filterShape;
    const slide = slideOf({ ...image.geometry, kernel: [kh, kw], gradient: false });
    const walk = {
      slide,
      from: { block: image.block, height: image.height, width: image.width, texels: image.rowTexels / image.width },
      to: { shape, texels: taps.texels },
      filter: { block: taps.block, maps: inMaps, texels: taps.texels },
      flipped: false,
      grouping,
      groups,
    };
    const block = blockOf(slide, [shape[1]!, shape[2]!], bench.targets);
    return bench.give(convolve(bench, blockShader(walk, block), block, walk, offsets));
  });
}

/** The gradient in the image: the same walk over dy, with the maps of the filter exchanged and its taps turned around. */
export function conv2dInputGradientWebgl(
  dy: Tensor,
  filter: Tensor,
  { inputShape, groups, ...geometry }: ConvGeometry & { inputShape: readonly number[] },
): TensorInfo | undefined {
  const [kh, kw, inMaps, outMaps] = filter.shape as [number, number, number, number];
  // A block of pixels must span a whole stride, so that each tap either meets a pixel of every block or of none.
  const grouping = groupingOf(groups, inputShape[3]!, outMaps);
  if (!grouping || !allFilled(dy, filter) || geometry.strides[1] > HARDWARE_BLOCK) return undefined;
  return onWorkbench((bench) => {
    const gradient = alignRows(bench, bench.read(dy), outMaps);
    const taps = alignRows(bench, bench.read(filter), outMaps);
    const slide = slideOf({ ...geometry, kernel: [kh, kw], gradient: true });
    const walk = {
      slide,
      from: { block: gradient.block, height: dy.shape[1]!, width: dy.shape[2]!, texels: gradient.texels },
      to: { shape: [...inputShape], texels: Math.ceil(inputShape[3]! / 4) },
      filter: { block: taps.block, maps: inMaps, texels: taps.texels },
      flipped: true,
      grouping,
      groups,
    };
    const block = blockOf(slide, [inputShape[1]!, inputShape[2]!], bench.targets);
    return bench.give(convolve(bench, blockShader(walk, block), block, walk, undefined));
  });
}

/** The fewest render targets a launcher has: what a block of pixels can count on. */
const HARDWARE_BLOCK = 4;

const uniforms = {
  inHeight: 'int',
  inWidth: 'int',
  inTexels: 'int',
  filterMaps: 'int',
  filterTexels: 'int',
  outTexels: 'int',
  blockRows: 'int',
  blockColumns: 'int',
  groupTexels: 'int',
  groupMaps: 'int',
} as const;

/** Fills the layers of a stack with the pixels of blocks, by a shader that sums them; then puts them in order. */
function convolve(
  bench: Workbench,
  shader: { key: string; main: () => string },
  block: { rows: number; columns: number },
  { from, to, filter, groups = 1 }: Pick<Walk, 'from' | 'to' | 'filter'> & { groups?: number },
  bias: Block | undefined,
): Block {
  const [batch, outHeight, outWidth, outMaps] = to.shape as [number, number, number, number];
  const [blockRows, blockColumns] = [Math.ceil(outHeight / block.rows), Math.ceil(outWidth / block.columns)];
  const parts = bench.stack(batch * blockRows, blockColumns * to.texels, block.rows * block.columns);
  const sizes = {
    inHeight: from.height,
    inWidth: from.width,
    inTexels: from.texels,
    filterMaps: filter.maps,
    filterTexels: filter.texels,
    outHeight,
    outWidth,
    outTexels: to.texels,
    outMaps,
    blockRows,
    blockColumns,
    groupTexels: from.texels / groups,
    groupMaps: to.texels / groups,
  };
  bench.run(
    `Conv2D ${shader.key} ${parts.exact}`,
    () => ({
      inputs: ['X', 'Filter'],
      targets: parts.layers,
      uniforms,
      main: `
  ${
    parts.exact
      ? 'int column = place.x; int row = place.y;'
      : 'int row = texel / (blockColumns * outTexels); int column = texel - row * blockColumns * outTexels;'
  }
  int image = over(row, blockRows);
  row = (row - image * blockRows) * ${block.rows};
  int map = column;
  column = over(column, outTexels);
  map -= column * outTexels;
  ${repeat(parts.layers, (i) => `vec4 sum${i} = vec4(0.0);`, ' ')}
${shader.main()}
${repeat(parts.layers, (i) => `  result${i} = sum${i};`)}`,
    }),
    parts,
    [from.block, filter.block],
    sizes,
  );
  return inOrder(bench, parts, block, to.shape, sizes, bias);
}

/** The pixels of a block out of their layers, where the shape of the result has them. */
function inOrder(
  bench: Workbench,
  parts: Stack & { exact: boolean },
  block: { rows: number; columns: number },
  shape: readonly number[],
  sizes: Record<string, number>,
  bias: Block | undefined,
): Block {
  const filled = shape[3]! % 4 === 0;
  const result = bench.dense(shape);
  const part = `vec4 part(int image, int row, int column, int map) {
  int blockRow = over(row, ${block.rows});
  int blockColumn = over(column, ${block.columns});
  int layer = (row - blockRow * ${block.rows}) * ${block.columns} + column - blockColumn * ${block.columns};
  ${
    parts.exact
      ? 'return fetchParts(layer, blockColumn * outTexels + map, image * blockRows + blockRow);'
      : 'return readParts(layer, ((image * blockRows + blockRow) * blockColumns + blockColumn) * outTexels + map);'
  }
}`;
  const rowTexels = sizes.outTexels! * sizes.outWidth!;
  const lines = result.width === rowTexels ? 'rows' : result.width === rowTexels * sizes.outHeight! ? 'images' : 'any';
  // Where a line of the texture is a row or an image, all that is divided is small.
  const pixel = {
    rows: 'int image = over(place.y, outHeight); int row = place.y - image * outHeight; int column = place.x;',
    images: `int image = place.y; int row = over(place.x, outWidth * outTexels);
  int column = place.x - row * outWidth * outTexels;`,
    any: `int column = texel; int row = column / (outWidth * outTexels); column -= row * outWidth * outTexels;
  int image = row / outHeight; row -= image * outHeight;`,
  }[lines];
  const lane = `float lane(int i) {
  int column = i / outMaps;
  int map = i - column * outMaps;
  int row = column / outWidth;
  column -= row * outWidth;
  int image = row / outHeight;
  return part(image, row - image * outHeight, column, map >> 2)[map & 3]${bias ? ' + valueBias(map)' : ''};
}`;
  bench.run(
    `Conv2DOrder ${block.rows}x${block.columns} ${filled ? lines : 'lanes'} ${parts.exact} ${bias ? 'bias' : ''}`,
    () => ({
      inputs: ['Parts[]', ...(bias ? ['Bias'] : [])],
      targets: 1,
      uniforms: {
        outHeight: 'int',
        outWidth: 'int',
        outTexels: 'int',
        outMaps: 'int',
        blockRows: 'int',
        blockColumns: 'int',
      },
      functions: [part, bias && !filled ? valueOf('Bias') : '', filled ? '' : lane].join('\n'),
      main: filled
        ? `
  ${pixel}
  int map = column;
  column = over(column, outTexels);
  map -= column * outTexels;
  result0 = part(image, row, column, map)${bias ? ' + readBias(map)' : ''};`
        : `result0 = vec4(${repeat(4, (l) => `lane(texel * 4 + ${l})`, ', ')});`,
    }),
    [result],
    [parts, ...(bias ? [bias] : [])],
    sizes,
  );
  return result;
}
