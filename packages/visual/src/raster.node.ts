import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { BackendError } from '@tessera-nn/core';
import { FONT } from './look.js';
import type { Raster } from './raster.js';

/** The weights that `look.ts` asks for. */
const FONT_FILES = [400, 600].map((weight) => `@fontsource/inter/files/inter-latin-${weight}-normal.woff2`);

let started: ReturnType<typeof start> | undefined;

/** By resvg, a renderer of SVG that needs no page, no fonts of the machine and nothing native; loaded when asked for. */
async function start() {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  const read = (file: string) => readFile(createRequire(import.meta.url).resolve(file));
  await initWasm(read('@resvg/resvg-wasm/index_bg.wasm'));
  return { Resvg, fontBuffers: await Promise.all(FONT_FILES.map(read)) };
}

export const rasterise: Raster['rasterise'] = async (svg, { width }) => {
  const { Resvg, fontBuffers } = await (started ??= start());
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'width', value: Math.round(width) },
    font: { fontBuffers, defaultFontFamily: FONT },
  });
  const image = drawing.render();
  try {
    return image.asPng();
  } finally {
    image.free();
    drawing.free();
  }
};

export const drawSvg: Raster['drawSvg'] = () => {
  throw new BackendError('There is no page here, so there is no canvas', { hint: 'toPng gives the bytes of a file' });
};
