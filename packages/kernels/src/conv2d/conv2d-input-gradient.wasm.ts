import type { TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, view } from '../wasm/heap.js';
import { freeStock, stock } from '../wasm/stock.js';
import type { InputGradientAttrs } from './geometry.js';
import { imageShape } from '../shapes.js';

/**
 * The input gradient as a convolution of dy, with zeros between its pixels for strides, by the filter turned half around
 * with its maps exchanged; tfjs-wasm's own kernel is a scalar loop, 10 times slower.
 */
export function conv2dInputGradientWasm(
  dy: TensorInfo,
  filter: TensorInfo,
  { strides, pads, dilations, inputShape }: InputGradientAttrs,
): TensorInfo {
  const [batch, outHeight, outWidth, outMaps] = imageShape(dy.shape);
  const [kh, kw, maps] = imageShape(filter.shape);
  const [, height, width] = imageShape(inputShape);
  const turned = allocate([kh, kw, outMaps, maps]);
  turnFilter(view(filter), view(turned), kh * kw, maps, outMaps);

  // Image row r receives from stretched dy rows r + top - i dh: so dy goes in behind (kh - 1) dh - top rows of zeros,
  // and negative room means that its first rows fall into the padding and are left out.
  const top = (kh - 1) * dilations[0] - pads[0];
  const left = (kw - 1) * dilations[1] - pads[2];
  const stretched = allocate([batch, height + (kh - 1) * dilations[0], width + (kw - 1) * dilations[1], outMaps]);
  stretch(view(dy), view(stretched), dy.shape, stretched.shape, strides, top, left, outHeight, outWidth);
  const result = stock(
    'Conv2D',
    { x: stretched, filter: turned },
    {
      strides: [1, 1],
      dilations: [...dilations],
      pad: [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      dataFormat: 'NHWC',
    },
  );
  freeStock(turned, stretched);
  return result;
}

/** [tap, map, outMap] to [last tap first, outMap, map]. */
function turnFilter(from: Float32Array, to: Float32Array, taps: number, maps: number, outMaps: number): void {
  for (let t = 0; t < taps; t++) {
    for (let c = 0; c < maps; c++) {
      const source = (t * maps + c) * outMaps;
      const target = (taps - 1 - t) * outMaps * maps + c;
      for (let o = 0; o < outMaps; o++) to[target + o * maps] = from[source + o]!;
    }
  }
}

function stretch(
  from: Float32Array,
  to: Float32Array,
  fromShape: readonly number[],
  toShape: readonly number[],
  strides: readonly [number, number],
  top: number,
  left: number,
  outHeight: number,
  outWidth: number,
): void {
  const [batch, , , maps] = imageShape(fromShape);
  const [, height, width] = imageShape(toShape);
  to.fill(0);
  for (let n = 0; n < batch; n++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const row = oh * strides[0] + top;
      if (row < 0 || row >= height) continue;
      for (let ow = 0; ow < outWidth; ow++) {
        const column = ow * strides[1] + left;
        if (column < 0 || column >= width) continue;
        const source = ((n * outHeight + oh) * outWidth + ow) * maps;
        const target = ((n * height + row) * width + column) * maps;
        for (let c = 0; c < maps; c++) to[target + c] = from[source + c]!;
      }
    }
  }
}
