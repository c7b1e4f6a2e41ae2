import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/drawing/shader-text.js';
import { alignRows } from '../webgl/textures/aligned-rows.js';
import type { Tile } from '../webgl/textures/texture.js';
import { giveTiles, imageTiles } from '../webgl/textures/tiles.js';
import { allFilled, onWorkbench, type TensorTexture, type Workbench } from '../webgl/drawing/workbench.js';
import { tileShader, groupingOf, type Convolution } from './tile-shader.webgl.js';
import { isNarrow, narrowTile, narrowShader, readNarrow } from './few-maps.webgl.js';
import { tileOf, slideOf } from './taps.webgl.js';
import type { ConvGeometry } from './geometry.js';
import { imageOf, unfold } from './rows-as-maps.webgl.js';
import { imageShape } from '../shapes.js';

/**
 * Convolution with a fragment for a tile of neighbouring pixels and four maps: one read of the filter serves the whole
 * tile, one read of the image all taps that see it.
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
      const tile = narrowTile(bench.targets);
      const shader = narrowShader(image, taps.texture, tile);
      const { height, width, rowTexels } = image;
      const from = { texture: image.texture, height, width, texels: rowTexels };
      const convolution = {
        from,
        to: { shape, texels: taps.texels },
        filter: { texture: taps.texture, maps: 1, texels: taps.texels },
      };
      return convolve(bench, shader, tile, convolution, offsets);
    }
    const image = groups === 1 ? unfold(bench, x, filter.shape, geometry) : imageOf(bench, x, filter.shape, geometry);
    const [kh, kw, inMaps] = image.filterShape;
    const slide = slideOf({ ...image.geometry, kernel: [kh, kw], gradient: false });
    const convolution = {
      slide,
      from: { texture: image.texture, height: image.height, width: image.width, texels: image.rowTexels / image.width },
      to: { shape, texels: taps.texels },
      filter: { texture: taps.texture, maps: inMaps, texels: taps.texels },
      flipped: false,
      grouping,
      groups,
    };
    const tile = tileOf(slide, [shape[1]!, shape[2]!], bench.targets);
    return convolve(bench, tileShader(convolution, tile), tile, convolution, offsets);
  });
}

/** The gradient in the image: the same convolution of dy, with the maps of the filter exchanged and its taps turned around. */
export function conv2dInputGradientWebgl(
  dy: Tensor,
  filter: Tensor,
  { inputShape, groups, ...geometry }: ConvGeometry & { inputShape: readonly number[] },
): TensorInfo | undefined {
  const [kh, kw, inMaps, outMaps] = imageShape(filter.shape);
  // A tile of pixels must span a whole stride, so that each tap either meets a pixel of every tile or of none.
  const grouping = groupingOf(groups, inputShape[3]!, outMaps);
  if (!grouping || !allFilled(dy, filter) || geometry.strides[1] > FEWEST_TARGETS) return undefined;
  return onWorkbench((bench) => {
    const gradient = alignRows(bench, bench.read(dy), outMaps);
    const taps = alignRows(bench, bench.read(filter), outMaps);
    const slide = slideOf({ ...geometry, kernel: [kh, kw], gradient: true });
    const convolution = {
      slide,
      from: { texture: gradient.texture, height: dy.shape[1]!, width: dy.shape[2]!, texels: gradient.texels },
      to: { shape: [...inputShape], texels: Math.ceil(inputShape[3]! / 4) },
      filter: { texture: taps.texture, maps: inMaps, texels: taps.texels },
      flipped: true,
      grouping,
      groups,
    };
    const tile = tileOf(slide, [inputShape[1]!, inputShape[2]!], bench.targets);
    return convolve(bench, tileShader(convolution, tile), tile, convolution, undefined);
  });
}

/** The fewest render targets a launcher has: what a tile of pixels can count on. */
const FEWEST_TARGETS = 4;

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
  { from, to, filter, groups = 1 }: Pick<Convolution, 'from' | 'to' | 'filter'> & { groups?: number },
  bias: TensorTexture | undefined,
): TensorInfo {
  const [batch, height, width] = imageShape(to.shape);
  const tiles = imageTiles(bench, batch, { height, width, texels: to.texels }, tile);
  const { layers } = tiles.layered;
  bench.run(
    `Conv2D ${shader.key} ${tiles.exact} ${bias ? 'bias' : ''}`,
    () => ({
      inputs: ['X', 'Filter', ...(bias ? ['Bias'] : [])],
      targets: layers,
      uniforms,
      main: `
  ${
    tiles.exact
      ? 'int column = position.x; int row = position.y;'
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
    tiles.layered,
    [from.texture, filter.texture, ...(bias ? [bias] : [])],
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
