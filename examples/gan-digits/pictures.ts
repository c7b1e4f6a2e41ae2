const SHADES = ' .:*#';

/** The first images side by side, in characters: two rows of pixels in a line of text. */
export function pictures(pixels: ArrayLike<number>, size: number, count: number): string {
  const shade = (value: number) => SHADES[Math.round(((value + 1) / 2) * (SHADES.length - 1))]!;
  const line = (image: number, row: number) =>
    Array.from({ length: size }, (_, x) => {
      const at = (image * size + row) * size + x;
      return shade(Math.max(pixels[at]!, pixels[at + size]!));
    }).join('');
  return Array.from({ length: size / 2 }, (_, row) =>
    Array.from({ length: count }, (_, image) => line(image, 2 * row)).join(' '),
  ).join('\n');
}
