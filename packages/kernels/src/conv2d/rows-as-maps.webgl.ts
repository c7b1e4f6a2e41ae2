import type { Tensor } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/drawing/shader-text.js';
import { alignRows } from '../webgl/textures/aligned-rows.js';
import { valueOf } from '../webgl/glsl/read-values.js';
import type { TensorTexture, Workbench } from '../webgl/drawing/workbench.js';
import { positions, type WindowGeometry } from './geometry.js';
import { imageShape } from '../shapes.js';

/** An image as its texels lie, and how a filter sees it. */
export interface ConvolvedImage {
  texture: TensorTexture;
  height: number;
  width: number;
  rowTexels: number;
  geometry: WindowGeometry;
  /** The filter's own values under another shape. */
  filterShape: readonly [number, number, number, number];
}

/** The image with whole texels for each pixel. */
export function imageOf(
  bench: Workbench,
  x: Tensor,
  filter: readonly number[],
  geometry: WindowGeometry,
): ConvolvedImage {
  const [, height, width, maps] = imageShape(x.shape);
  const { texture, texels } = alignRows(bench, bench.read(x), maps);
  const filterShape = imageShape(filter);
  return { texture, height, width, rowTexels: width * texels, geometry, filterShape };
}

/** Images of so few maps would leave most of each texel empty. */
const FEW_MAPS = 4;

/**
 * The image as convolutions read it. Where it has one to three maps, each pixel is replaced by all that one row of the
 * window sees from it, so that the filter becomes one column of that many maps: the values of [kh, kw, c, o] are those
 * of [kh, 1, kw c, o].
 */
export function unfold(
  bench: Workbench,
  x: Tensor,
  filter: readonly number[],
  geometry: WindowGeometry,
): ConvolvedImage {
  const [batch, height, width, maps] = imageShape(x.shape);
  const [kh, kw, , outMaps] = imageShape(filter);
  if (maps >= FEW_MAPS) return imageOf(bench, x, filter, geometry);
  const { strides, pads, dilations } = geometry;
  const columns = positions(width, kw, strides[1], pads[2] + pads[3], dilations[1]);
  const texels = Math.ceil((kw * maps) / 4);
  const texture = bench.dense([batch, height, columns, texels * 4]);
  bench.run(
    'Unfold',
    () => ({
      inputs: ['X'],
      targets: 1,
      uniforms: {
        width: 'int',
        maps: 'int',
        columns: 'int',
        texels: 'int',
        seen: 'int',
        stride: 'int',
        dilation: 'int',
        left: 'int',
      },
      functions: `${valueOf('X')}
float seenAt(int row, int column, int i) {
  int tap = i / maps;
  int from = column * stride + tap * dilation - left;
  return i < seen && from >= 0 && from < width ? valueX((row * width + from) * maps + i - tap * maps) : 0.0;
}`,
      main: `
  int column = texel / texels;
  int first = (texel - column * texels) * 4;
  int row = column / columns;
  column -= row * columns;
  result0 = vec4(${repeat(4, (l) => `seenAt(row, column, first + ${l})`, ', ')});`,
    }),
    [texture],
    [bench.read(x)],
    { width, maps, columns, texels, seen: kw * maps, stride: strides[1], dilation: dilations[1], left: pads[2] },
  );
  return {
    texture,
    height,
    width: columns,
    rowTexels: columns * texels,
    geometry: { strides: [strides[0], 1], pads: [pads[0], pads[1], 0, 0], dilations: [dilations[0], 1] },
    filterShape: [kh, 1, kw * maps, outMaps],
  };
}
