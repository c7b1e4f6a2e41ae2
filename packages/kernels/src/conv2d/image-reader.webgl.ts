import type { Texture } from '../webgl/textures/texture.js';
import type { TensorTexture } from '../webgl/drawing/workbench.js';

/** Images as rows of so many whole texels, one after the other. */
export interface Images {
  texture: TensorTexture;
  height: number;
  /** Texels in a row. */
  rowTexels: number;
}

/** GLSL that goes along rows of images. */
export interface ImageReader {
  /** Tells apart what is written differently. */
  readonly key: string;
  /** Declares the position `id`: a texel of a row of an image, which may lie outside of the row. */
  position(id: string, image: string, row: string, texel: string): string;
  /** Reads `n` texels, or n times `steps` of them, behind a position. */
  read(id: string, n: string, steps?: string): string;
}

/** What a row of a texture holds: one of images, a whole image, several rows that leave nothing over, or neither. */
export type ImageForm = 'rows' | 'images' | 'parts' | 'wrapped';

/** How rows of images lie in a texture. */
export function imageFormOf({ width }: Texture, height: number, rowTexels: number): ImageForm {
  if (width === rowTexels) return 'rows';
  if (width === rowTexels * height) return 'images';
  return width % rowTexels === 0 ? 'parts' : 'wrapped';
}

/** Where the rows lie in the texture decides how they are found: never by a division for each read. */
export function imageReader({ texture, height, rowTexels }: Images, input: string, names: ImageNames): ImageReader {
  const form = imageFormOf(texture, height, rowTexels);
  const [column, row] = [(id: string) => `${id}Column`, (id: string) => `${id}Row`];
  return {
    key: form,
    position: (id, image, rowIndex, texel) => {
      const index = `(${image}) * ${names.height} + ${rowIndex}`;
      if (form === 'wrapped') return `int ${id}Start = (${index}) * ${names.rowTexels} + ${texel};`;
      const at = (start: string, line: string) =>
        `Coord ${column(id)} = column${input}(${start}${texel}); Coord ${row(id)} = row${input}(${line});`;
      if (form === 'rows') return at('', index);
      if (form === 'images') return at(`(${rowIndex}) * ${names.rowTexels} + `, image);
      return `int ${id}Start = (${index}) * ${names.rowTexels}; int ${id}Line = ${id}Start / ${input}Size.x;
      ${at(`${id}Start - ${id}Line * ${input}Size.x + `, `${id}Line`)}`;
    },
    read: (id, n, steps) =>
      form === 'wrapped'
        ? `read${input}(${id}Start + (${n})${steps ? ` * ${steps}` : ''})`
        : `look${input}(${column(id)} + ${steps ? `across${input}(${steps}) * Coord(${n})` : `across${input}(${n})`}, ${row(id)})`,
  };
}

/** What the shader calls the numbers of rows and of their texels. */
export interface ImageNames {
  height: string;
  rowTexels: string;
}
