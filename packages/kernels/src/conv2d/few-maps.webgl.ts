import { repeat } from '../webgl/drawing/shader-text.js';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tile } from '../webgl/textures/texture.js';
import type { TensorTexture, Workbench } from '../webgl/drawing/workbench.js';
import type { WindowGeometry } from './geometry.js';
import { imageReader } from './image-reader.webgl.js';
import type { ConvolvedImage } from './rows-as-maps.webgl.js';
import { imageShape } from '../shapes.js';

/** An image of one to three maps whose rows fill whole texels: the pixels of a texel are told apart by its lanes. */
export interface Narrow extends ConvolvedImage {
  maps: number;
}

/** Whether images of this shape are read as they lie, a texel for several pixels. */
export const isNarrow = ([, , width, maps]: readonly number[]): boolean => maps! < 4 && (width! * maps!) % 4 === 0;

export function readNarrow(bench: Workbench, x: Tensor, filter: readonly number[], geometry: WindowGeometry): Narrow {
  const [, height, width, maps] = imageShape(x.shape);
  const filterShape = imageShape(filter);
  return { texture: bench.read(x), height, width, maps, rowTexels: (width * maps) / 4, geometry, filterShape };
}

/** Pixels of a tile next to each other: their values fill whole texels, so that the first always starts one. */
const COLUMNS = 4;

/** The tile of pixels that a fragment makes of a narrow image. */
export const narrowTile = (targets: number): { rows: number; columns: number } => ({
  rows: targets / COLUMNS,
  columns: COLUMNS,
});

/**
 * The loops of a fragment that sums a tile of pixels (`image`, `row`, `column` of tiles), four maps from `map` on.
 * The filter is read as a row of texels for each tap and map.
 */
export function narrowShader(image: Narrow, filter: TensorTexture, tile: Tile): { key: string; main: () => string } {
  const { maps, geometry, rowTexels } = image;
  const { strides, pads, dilations } = geometry;
  const [kh, kw, , outMaps] = image.filterShape;
  const lined = filter.width === (kw * maps * outMaps) / 4;
  const reader = imageReader(image, 'X', { height: 'inHeight', rowTexels: 'inTexels' });
  const begin = Math.floor((-pads[2] * maps) / 4);
  const lane = (q: number, j: number, c: number) =>
    (q * strides[1] + j * dilations[1]) * maps + c - pads[2] * maps - begin * 4;
  const texels = (lane(tile.columns - 1, kw - 1, maps - 1) >> 2) + 1;
  const paddedRows = pads[0] > 0 || pads[1] > 0;
  const paddedColumns = pads[2] > 0 || pads[3] > 0;
  const step = (tile.columns * strides[1] * maps) / 4;
  const row = (p: number) => {
    const read = (t: number) => {
      const guards = [
        ...(paddedRows ? [`seen${p}`] : []),
        ...(paddedColumns ? [`start + ${t} >= 0`, `start + ${t} < ${rowTexels}`] : []),
      ];
      const value = reader.read(`at${p}`, String(t));
      return `vec4 x${p}_${t} = ${value};${guards.length ? ` x${p}_${t} = ${guards.join(' && ')} ? x${p}_${t} : vec4(0.0);` : ''}`;
    };
    return `
    int from${p} = (row + ${p}) * ${strides[0]} + i * ${dilations[0]} - ${pads[0]};
    ${paddedRows ? `bool seen${p} = from${p} >= 0 && from${p} < inHeight;` : ''}
    ${reader.position(`at${p}`, 'image', `clamp(from${p}, 0, inHeight - 1)`, 'start')}
    ${repeat(texels, read, ' ')}`;
  };
  const tap = (t: number) => {
    const [j, c] = [Math.floor(t / maps), t % maps];
    const read = lined
      ? `fetchFilter(${t} * filterTexels + map, i)`
      : `readFilter((i * ${kw * maps} + ${t}) * filterTexels + map)`;
    const products = repeat(
      tile.rows * tile.columns,
      (n) => {
        const value = lane(n % tile.columns, j, c);
        return `sum${n} += tap * x${Math.floor(n / tile.columns)}_${value >> 2}[${value & 3}];`;
      },
      ' ',
    );
    return `    { vec4 tap = ${read}; ${products} }`;
  };
  return {
    key: `narrow ${[kh, kw, maps, rowTexels, strides, pads, dilations].join(' ')} ${tile.rows} ${lined} ${reader.key}`,
    main: () => `
  int start = column * ${step} + ${begin};
  for (int i = 0; i < ${kh}; i++) {
    ${repeat(tile.rows, row)}
${repeat(kw * maps, tap)}
  }`,
  };
}
