import type { TensorInfo } from '@tensorflow/tfjs-core';
import { denseWidth } from './dense.js';
import { pack } from './aligned-rows.js';
import type { Tile, TiledImages, Tiles } from './texture.js';
import { inOrder } from './tiled-tensor.js';
import type { Workbench } from '../drawing/workbench.js';

/** Room for a matrix of so many rows, in tiles of several rows. */
export function matrixTiles(bench: Workbench, rows: number, texels: number, tileRows: number): Tiles {
  const tile = { rows: tileRows, columns: 1 };
  const layered = bench.layered(Math.ceil(rows / tileRows), texels, tileRows);
  return {
    ...size(layered.handle, texels, rows),
    layered,
    exact: layered.exact,
    tile,
    images: undefined,
    rowTexels: texels,
  };
}

/** Room for images, in tiles of several pixels. */
export function imageTiles(bench: Workbench, batch: number, images: TiledImages, tile: Tile): Tiles {
  const { height, width, texels } = images;
  const rowTexels = Math.ceil(width / tile.columns) * texels;
  const layered = bench.layered(batch * Math.ceil(height / tile.rows), rowTexels, tile.rows * tile.columns);
  const image = width * texels * height;
  const whole = denseWidth([batch, height, width, texels * 4]) === image;
  const sizes = whole ? size(layered.handle, image, batch) : size(layered.handle, width * texels, batch * height);
  return { ...sizes, layered, exact: layered.exact, tile, images, rowTexels };
}

const size = (handle: WebGLTexture, width: number, height: number) => ({ handle, width, height });

/**
 * Hands a result out that lies in tiles, whose last axis starts a texel in each row or pixel. It stays so where its
 * dense texture would be just the one that the tiles stand for; else it is put in order now.
 */
export function giveTiles(bench: Workbench, tiles: Tiles, shape: readonly number[]): TensorInfo {
  if (shape.at(-1)! % 4 !== 0) return bench.give(pack(bench, tiles, shape));
  if (tiles.exact && tiles.width === denseWidth(shape)) return bench.giveTiled(tiles, shape);
  const result = bench.dense(shape);
  bench.run('InOrderByIndex', () => inOrder('readX(texel)'), [result], [tiles]);
  return bench.give(result);
}
