import type { Block } from '../webgl/drawing/workbench.js';

/** Images as rows of so many whole texels, one after the other. */
export interface Images {
  block: Block;
  height: number;
  /** Texels in a row. */
  rowTexels: number;
}

/** GLSL that goes along rows of images. */
export interface ImageReader {
  /** Tells apart what is written differently. */
  readonly key: string;
  /** Declares the place `id`: a texel of a row of an image, which may lie outside of the row. */
  place(id: string, image: string, row: string, texel: string): string;
  /** Reads `n` texels, or n times `steps` of them, behind a place. */
  read(id: string, n: string, steps?: string): string;
}

/** Where the rows lie in the texture decides how they are found: never by a division for each read. */
export function imageReader({ block, height, rowTexels }: Images, input: string, names: ImageNames): ImageReader {
  const form =
    block.width === rowTexels
      ? 'rows'
      : block.width === rowTexels * height
        ? 'images'
        : block.width % rowTexels === 0
          ? 'parts'
          : 'wrapped';
  const [column, row] = [(id: string) => `${id}Column`, (id: string) => `${id}Row`];
  return {
    key: form,
    place: (id, image, rowIndex, texel) => {
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
