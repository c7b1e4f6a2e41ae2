import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/drawing/shader-text.js';
import { alignRows } from '../webgl/textures/aligned-rows.js';
import type { Tile } from '../webgl/textures/texture.js';
import { giveTiles, imageTiles } from '../webgl/textures/tiles.js';
import { allFilled, onWorkbench, type Block, type Workbench } from '../webgl/drawing/workbench.js';
import { blockShader, groupingOf, type Walk } from './block-shader.webgl.js';
import { isNarrow, narrowBlock, narrowShader, readNarrow } from './few-maps.webgl.js';
import { blockOf, slideOf } from './taps.webgl.js';
import type { ConvGeometry } from './geometry.js';
import { imageOf, unfold } from './rows-as-maps.webgl.js';
import { imageShape } from '../shapes.js';

/**
 * Convolution with a fragment for a block of neighbouring pixels and four maps: one read of the filter serves the whole
 * block, one read of the image all taps that see it.
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
      return convolve(bench, shader, block, walk, offsets);
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
    return convolve(bench, blockShader(walk, block), block, walk, offsets);
  });
}

/** The gradient in the image: the same walk over dy, with the maps of the filter exchanged and its taps turned around. */
export function conv2dInputGradientWebgl(
  dy: Tensor,
  filter: Tensor,
  { inputShape, groups, ...geometry }: ConvGeometry & { inputShape: readonly number[] },
): TensorInfo | undefined {
  const [kh, kw, inMaps, outMaps] = imageShape(filter.shape);
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
    return convolve(bench, blockShader(walk, block), block, walk, undefined);
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
  tileRows: 'int',
  rowTexels: 'int',
  groupTexels: 'int',
  groupMaps: 'int',
} as const;

/** Computes the pixels of the result in tiles, by a shader that sums those of one tile. */
function convolve(
  bench: Workbench,
  shader: { key: string; main: () => string },
  tile: Tile,
  { from, to, filter, groups = 1 }: Pick<Walk, 'from' | 'to' | 'filter'> & { groups?: number },
  bias: Block | undefined,
): TensorInfo {
  const [batch, height, width] = imageShape(to.shape);
  const tiles = imageTiles(bench, batch, { height, width, texels: to.texels }, tile);
  const { layers } = tiles.stack;
  bench.run(
    `Conv2D ${shader.key} ${tiles.exact} ${bias ? 'bias' : ''}`,
    () => ({
      inputs: ['X', 'Filter', ...(bias ? ['Bias'] : [])],
      targets: layers,
      uniforms,
      main: `
  ${
    tiles.exact
      ? 'int column = place.x; int row = place.y;'
      : 'int row = texel / rowTexels; int column = texel - row * rowTexels;'
  }
  int image = over(row, tileRows);
  row = (row - image * tileRows) * ${tile.rows};
  int map = column;
  column = over(column, outTexels);
  map -= column * outTexels;
  ${repeat(layers, (i) => `vec4 sum${i} = vec4(0.0);`, ' ')}
${shader.main()}
  ${bias ? 'vec4 bias = readBias(map);' : ''}
${repeat(layers, (i) => `  result${i} = sum${i}${bias ? ' + bias' : ''};`)}`,
    }),
    tiles.stack,
    [from.block, filter.block, ...(bias ? [bias] : [])],
    {
      inHeight: from.height,
      inWidth: from.width,
      inTexels: from.texels,
      filterMaps: filter.maps,
      filterTexels: filter.texels,
      outTexels: to.texels,
      tileRows: Math.ceil(height / tile.rows),
      rowTexels: tiles.rowTexels,
      groupTexels: from.texels / groups,
      groupMaps: to.texels / groups,
    },
  );
  return giveTiles(bench, tiles, to.shape);
}
