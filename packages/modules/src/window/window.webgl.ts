import { imageShape } from '@tessera-nn/core/internal';
import {
  alignRows,
  imageFormOf,
  repeat,
  type ImageForm,
  type TensorTexture,
  type Workbench,
} from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PoolGeometry } from './pool-geometry.js';

/** So many steps are written out; more become a loop, since compilers take long over long texts. */
const WRITTEN_OUT = 16;

/** Channels-last images in a dense texture, with maps filled up to whole texels. */
export interface Images {
  readonly texture: TensorTexture;
  readonly height: number;
  readonly width: number;
  /** Texels of one pixel. */
  readonly texels: number;
  readonly form: ImageForm;
}

/**
 * The images of a tensor; maps that do not fill their texels are copied for that. Windows that overlap read a pixel
 * several times, which costs more in tiles than putting them in order.
 */
export function readImages(bench: Workbench, x: Tensor, overlap = true): Images {
  const { texture, texels } = alignRows(bench, overlap ? bench.read(x) : bench.readTiled(x), x.shape[3]!);
  return imagesIn(texture, x.shape, texels);
}

/** Room for images. */
export function newImages(bench: Workbench, shape: readonly number[], texels: number): Images {
  return imagesIn(bench.dense([...shape.slice(0, 3), texels * 4]), shape, texels);
}

export function imagesIn(texture: TensorTexture, shape: readonly number[], texels: number): Images {
  const [, height, width] = imageShape(shape);
  return { texture, height, width, texels, form: imageFormOf(texture, height, width * texels) };
}

/** GLSL: texel `map` of a pixel of images X, whose size is `xHeight` by `xWidth`. */
export function pixelOf({ form }: Images, name: string, [image, row, column]: readonly string[]): string {
  const [height, width] = [`${name.toLowerCase()}Height`, `${name.toLowerCase()}Width`];
  if (form === 'rows') return `fetch${name}((${column}) * texels + map, ${image} * ${height} + ${row})`;
  if (form === 'images') return `fetch${name}(((${row}) * ${width} + ${column}) * texels + map, ${image})`;
  return `read${name}(((${image} * ${height} + ${row}) * ${width} + ${column}) * texels + map)`;
}

/** GLSL: the `image`, `row`, `column` and `map` of a fragment of the result. */
export function positionIn({ form }: Images, height: string, width: string): string {
  if (form === 'rows') {
    return `
  int column = over(position.x, texels);
  int map = position.x - column * texels;
  int image = over(position.y, ${height});
  int row = position.y - image * ${height};`;
  }
  if (form === 'images') {
    return `
  int column = over(position.x, texels);
  int map = position.x - column * texels;
  int row = over(column, ${width});
  column -= row * ${width};
  int image = position.y;`;
  }
  return `
  int column = texel / texels;
  int map = texel - column * texels;
  int row = column / ${width};
  column -= row * ${width};
  int image = row / ${height};
  row -= image * ${height};`;
}

/** GLSL: does something for each tap of the window whose first pixel is (`top`, `left`), inside images X alone. */
export function forEachTap(
  { size, pads, dilations }: PoolGeometry,
  visit: (row: string, column: string, tap: string) => string,
): string {
  const [rows, columns] = size;
  const padded = pads.some((pad) => pad > 0);
  const step = (i: string, j: string, tap: string) => {
    const [row, column] = [`(top + ${i} * ${dilations[0]})`, `(left + ${j} * ${dilations[1]})`];
    const inside = `${row} >= 0 && ${row} < xHeight && ${column} >= 0 && ${column} < xWidth`;
    return `  ${padded ? `if (${inside}) ` : ''}{ ${visit(row, column, tap)} }`;
  };
  if (rows * columns <= WRITTEN_OUT) {
    return repeat(rows * columns, (tap) => step(`${Math.floor(tap / columns)}`, `${tap % columns}`, `${tap}.0`));
  }
  return `  for (int i = 0; i < ${rows}; i++) for (int j = 0; j < ${columns}; j++)
  ${step('i', 'j', `float(i * ${columns} + j)`)}`;
}

/** GLSL: does something for each window without gaps that sees the pixel (`row`, `column`), as tap (`tapRow`, `tapColumn`). */
export function forEachWindowOver({ size, strides, pads }: PoolGeometry, visit: string): string {
  const [rows, columns] = [Math.ceil(size[0] / strides[0]), Math.ceil(size[1] / strides[1])];
  const step = (i: string, j: string) => `  {
    int windowRow = lastRow - ${i}, windowColumn = lastColumn - ${j};
    int tapRow = row + ${pads[0]} - windowRow * ${strides[0]}, tapColumn = column + ${pads[2]} - windowColumn * ${strides[1]};
    if (windowRow >= 0 && windowRow < gHeight && windowColumn >= 0 && windowColumn < gWidth
      && tapRow < ${size[0]} && tapColumn < ${size[1]}) { ${visit} }
  }`;
  const last = `  int lastRow = over(row + ${pads[0]}, ${strides[0]}), lastColumn = over(column + ${pads[2]}, ${strides[1]});`;
  if (rows * columns <= WRITTEN_OUT) {
    return `${last}\n${repeat(rows * columns, (n) => step(`${Math.floor(n / columns)}`, `${n % columns}`))}`;
  }
  return `${last}\n  for (int i = 0; i < ${rows}; i++) for (int j = 0; j < ${columns}; j++)\n${step('i', 'j')}`;
}

/** Whether windows share pixels. */
export const overlap = ({ size, strides }: PoolGeometry): boolean =>
  size.some((length, axis) => length > strides[axis]!);

/** Names a window in the keys of programs. */
export const windowKey = ({ size, strides, pads, dilations }: PoolGeometry): string =>
  [size, strides, pads, dilations].map((part) => part.join()).join(' ');
