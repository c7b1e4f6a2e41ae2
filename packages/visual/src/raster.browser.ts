import { BackendError } from '@tessera-nn/core';
import type { Canvas, Raster, Size } from './raster.js';

export const rasterise: Raster['rasterise'] = async (svg, size) => {
  const image = await imageOf(svg);
  const canvas = document.createElement('canvas');
  paint(image, canvas, size);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob)
    throw new BackendError('The page gives no pixels of a canvas', { received: `${size.width} x ${size.height}` });
  return new Uint8Array(await blob.arrayBuffer());
};

export const drawSvg: Raster['drawSvg'] = async (svg, canvas, { width, height }) => {
  const image = await imageOf(svg);
  paint(image, canvas, { width: width * devicePixelRatio, height: height * devicePixelRatio });
  canvas.style.width = `${width}px`;
};

function paint(image: HTMLImageElement, canvas: Canvas, { width, height }: Size): void {
  canvas.width = Math.round(width);
  canvas.height = Math.round(height);
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
}

async function imageOf(svg: string): Promise<HTMLImageElement> {
  if (typeof Image === 'undefined') {
    throw new BackendError('A worker cannot draw SVG', {
      hint: 'Send the text of toSvg() to the page, and draw there',
    });
  }
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  return image;
}
