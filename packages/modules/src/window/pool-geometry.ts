import { imageShape } from '@tessera-nn/core/internal';
import { positions, stockWindow, type PoolWindow, type WindowGeometry } from '@tessera-nn/kernels';

/** Size of the window, and how it moves. */
export interface PoolGeometry extends WindowGeometry {
  size: readonly [number, number];
}

/** The shape of channels-last images after pooling. */
export function pooledShape(
  [n, h, w, c]: readonly number[],
  { size, strides, pads, dilations }: PoolGeometry,
): number[] {
  return [
    n!,
    positions(h!, size[0], strides[0], pads[0] + pads[1], dilations[0]),
    positions(w!, size[1], strides[1], pads[2] + pads[3], dilations[1]),
    c!,
  ];
}

/** The attributes of tfjs's pooling kernels. */
export const stockPool = ({ size, ...window }: PoolGeometry) => ({ ...stockWindow(window), filterSize: [...size] });

/** The numbers by which the companion module moves a window over channels-last images. */
export function poolWindow(shape: readonly number[], geometry: PoolGeometry): PoolWindow {
  const [, height, width] = imageShape(pooledShape(shape, geometry));
  const { size, strides, pads } = geometry;
  return [height, width, ...size, ...strides, pads[0], pads[2]];
}

/** For every window: its number, and the pixels of it that lie inside the image, as [first, last + 1) rows and columns. */
export function forEachWindow(
  shape: readonly number[],
  geometry: PoolGeometry,
  visit: (image: number, window: number, top: number, bottom: number, left: number, right: number) => void,
): void {
  const [n, h, w] = imageShape(shape);
  const [, oh, ow] = imageShape(pooledShape(shape, geometry));
  const { size, strides, pads } = geometry;
  for (let image = 0, window = 0; image < n; image++) {
    for (let i = 0; i < oh; i++) {
      const row = i * strides[0] - pads[0];
      for (let j = 0; j < ow; j++, window++) {
        const column = j * strides[1] - pads[2];
        visit(
          image,
          window,
          Math.max(0, row),
          Math.min(h, row + size[0]),
          Math.max(0, column),
          Math.min(w, column + size[1]),
        );
      }
    }
  }
}
