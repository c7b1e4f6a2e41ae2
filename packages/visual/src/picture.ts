import { option, optionsOf, type Given } from '@tessera-nn/core';
import { inspectSymbol } from '@tessera-nn/core/internal';
import { drawSvg, rasterise } from '#raster';
import { palettes, styleOf, type Theme } from './look.js';
import { element, escaped, rectangle } from './marks.js';
import type { Canvas } from './raster.js';

const theme = option.oneOf('auto', 'light', 'dark');
const svgOptions = optionsOf('toSvg', {
  /** The colours: `light`, `dark`, or those that the reader has chosen. Default `auto`. */
  theme: theme.or('auto'),
});
export type SvgOptions = Given<typeof svgOptions>;

const pngOptions = optionsOf('toPng', {
  /** The colours: `light` or `dark`. Default `light`. */
  theme: option.oneOf('light', 'dark').or('light'),
  /** How many pixels of the file are one of the picture. Default 2. */
  scale: option.numberAbove(0).or(2),
});
export type PngOptions = Given<typeof pngOptions>;

const canvasOptions = optionsOf('drawOn', {
  /** The colours: `light`, `dark`, or those that the reader has chosen. Default `auto`. */
  theme: theme.or('auto'),
});
export type CanvasOptions = Given<typeof canvasOptions>;

/** What a picture shows. */
interface Content {
  /** What it is of, for those who do not see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Elements of SVG. */
  readonly marks: readonly string[];
}

/**
 * A picture, as SVG text, as the bytes of a PNG file, or on a canvas. What it was made of may be gone by then.
 *
 * @example
 * import { showImageBatch } from '@tessera-nn/visual';
 * const picture = await showImageBatch(images);
 * const page = picture.toSvg();
 * const file = await picture.toPng({ theme: 'dark' });
 */
export class Picture {
  readonly title: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly #marks: readonly string[];

  constructor({ title, width, height, marks }: Content) {
    this.title = title;
    this.width = Math.ceil(width);
    this.height = Math.ceil(height);
    this.#marks = marks;
  }

  /** An `<svg>` element that needs nothing else: for a file, an `<img>`, or the inside of a page. */
  toSvg(given: SvgOptions = {}): string {
    return this.#svg(svgOptions.read(given).theme);
  }

  /**
   * The bytes of a PNG file. In Node its text is set in Inter, whatever fonts the machine has.
   *
   * @throws BackendError in a page's worker, which has no images.
   */
  async toPng(given: PngOptions = {}): Promise<Uint8Array> {
    const { theme, scale } = pngOptions.read(given);
    return rasterise(this.#svg(theme), { width: this.width * scale, height: this.height * scale });
  }

  /**
   * Draws it on a canvas of a page, which takes its size from it: as many pixels as the screen has.
   *
   * @throws BackendError where there is no page.
   */
  async drawOn(canvas: Canvas, given: CanvasOptions = {}): Promise<void> {
    await drawSvg(this.#svg(shownTheme(canvasOptions.read(given).theme)), canvas, this);
  }

  /** What Node's console shows. */
  [inspectSymbol](): string {
    return `Picture(${this.title}, ${this.width} x ${this.height})`;
  }

  #svg(theme: Theme): string {
    const { width, height } = this;
    const content = [
      `<title>${escaped(this.title)}</title>`,
      `<style>${styleOf(theme)}</style>`,
      rectangle({ x: 0, y: 0, width, height }, 'paper'),
      ...this.#marks,
    ];
    return element(
      'svg',
      {
        xmlns: 'http://www.w3.org/2000/svg',
        class: `tessera-${theme}`,
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
      },
      `\n${content.join('\n')}\n`,
    );
  }
}

/** A canvas keeps the colours that it got: those that the page has now. */
function shownTheme(theme: Theme): keyof typeof palettes {
  if (theme !== 'auto') return theme;
  const isDark = typeof matchMedia === 'function' && matchMedia('(prefers-color-scheme: dark)').matches;
  return isDark ? 'dark' : 'light';
}
