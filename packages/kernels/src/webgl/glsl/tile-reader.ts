import type { Tiles } from '../textures/texture.js';

/** Tells apart tiles that are read with other text. */
export const tilesKey = ({ tile, images, exact, width }: Tiles): string =>
  `${tile.rows}x${tile.columns}${images ? (width === images.width * images.texels ? ' rows' : ' images') : ''}${exact ? '' : ' wrapped'}`;

/** The numbers that the reader of tiles X finds in `XTiles` and `XLayered`. */
export function tilesUniforms({ tile, images, layered, rowTexels }: Tiles) {
  const { height, width, texels } = images ?? { height: 0, width: 0, texels: 0 };
  return {
    tiles: [height, width * texels, texels, Math.ceil(height / tile.rows)],
    layered: [layered.width, rowTexels],
  } as const;
}

/** GLSL of `fetchX(column, row)`, which finds the tile of a texel and its layer. `texelAt` reads (column, row, layer). */
export function tileReader(name: string, { tile, images, exact, width }: Tiles, texelAt: string): string {
  // What is divided may be large where the layered texture had to be wrapped.
  const over = (a: string, b: string | number) => (exact ? `over(${a}, ${b})` : `(${a} / ${b})`);
  const imageRow = images && width === images.width * images.texels;
  const image = imageRow
    ? `int image = ${over('row', `${name}Tiles.x`)}; row -= image * ${name}Tiles.x;`
    : `int image = row; row = ${over('column', `${name}Tiles.y`)}; column -= row * ${name}Tiles.y;`;
  const where = images
    ? `${image}
  int pixel = ${over('column', `${name}Tiles.z`)};
  column -= pixel * ${name}Tiles.z;
  int tileRow = ${over('row', tile.rows)}, tileColumn = ${over('pixel', tile.columns)};
  int layer = (row - tileRow * ${tile.rows}) * ${tile.columns} + pixel - tileColumn * ${tile.columns};
  column += tileColumn * ${name}Tiles.z;
  row = image * ${name}Tiles.w + tileRow;`
    : `int tileRow = ${over('row', tile.rows)};
  int layer = row - tileRow * ${tile.rows};
  row = tileRow;`;
  return `uniform ivec4 ${name}Tiles;
uniform ivec2 ${name}Layered;
vec4 fetch${name}(int column, int row) {
  ${where}
  ${exact ? '' : `int at = row * ${name}Layered.y + column; row = at / ${name}Layered.x; column = at - row * ${name}Layered.x;`}
  return ${texelAt};
}`;
}
