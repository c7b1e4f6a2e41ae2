/** What a picture can be drawn on. */
export type Canvas = HTMLCanvasElement;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How pixels come of SVG: otherwise in Node than in a page. */
export interface Raster {
  /** The bytes of a PNG file of that size. */
  rasterise(svg: string, size: Size): Promise<Uint8Array>;
  drawSvg(svg: string, canvas: Canvas, size: Size): Promise<void>;
}
