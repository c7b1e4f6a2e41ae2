import type { TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, view } from '../wasm/heap.js';
import { freeStock, stock } from '../wasm/stock.js';
import type { FilterGradientAttrs } from './geometry.js';
import { imageShape } from '../shapes.js';

/**
 * The filter gradient as a convolution: tfjs-wasm has none of its own. The image is x with batch and maps exchanged, the
 * filter is dy with the batch as its input maps, and strides and dilations exchange their parts:
 * dW[i, j, c, o] = sum over n, oh, ow of x[n, oh sh + i dh - top, ow sw + j dw - left, c] dy[n, oh, ow, o].
 */
export function conv2dFilterGradientWasm(
  x: TensorInfo,
  dy: TensorInfo,
  { strides, pads, dilations, filterShape }: FilterGradientAttrs,
): TensorInfo {
  const [batch, height, width, maps] = imageShape(x.shape);
  const [, outHeight, outWidth, outMaps] = imageShape(dy.shape);
  const [kh, kw] = imageShape(filterShape);
  const image = allocate([maps, height, width, batch]);
  exchangeBatchAndMaps(view(x), view(image), batch, height * width, maps);
  const filter = allocate([outHeight, outWidth, batch, outMaps]);
  batchInside(view(dy), view(filter), batch, outHeight * outWidth, outMaps);

  // Rows of x that a window can reach end here; beyond, the convolution would make rows that are not taps of the filter.
  const reachHeight = (outHeight - 1) * strides[0] + (kh - 1) * dilations[0] + 1;
  const reachWidth = (outWidth - 1) * strides[1] + (kw - 1) * dilations[1] + 1;
  const bottom = Math.max(0, reachHeight - height - pads[0]);
  const right = Math.max(0, reachWidth - width - pads[2]);
  const taps = stock(
    'Conv2D',
    { x: image, filter },
    {
      strides: [...dilations],
      dilations: [...strides],
      pad: [
        [0, 0],
        [pads[0], bottom],
        [pads[2], right],
        [0, 0],
      ],
      dataFormat: 'NHWC',
    },
  );
  freeStock(image, filter);
  const result = allocate(filterShape);
  collectTaps(view(taps), view(result), taps.shape, kh, kw);
  freeStock(taps);
  return result;
}

/** [batch, place, map] to [map, place, batch]. */
function exchangeBatchAndMaps(from: Float32Array, to: Float32Array, batch: number, places: number, maps: number): void {
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < places; p++) {
      const source = (n * places + p) * maps;
      for (let c = 0; c < maps; c++) to[(c * places + p) * batch + n] = from[source + c]!;
    }
  }
}

/** [batch, place, map] to [place, batch, map]. */
function batchInside(from: Float32Array, to: Float32Array, batch: number, places: number, maps: number): void {
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < places; p++) {
      const source = (n * places + p) * maps;
      const target = (p * batch + n) * maps;
      for (let c = 0; c < maps; c++) to[target + c] = from[source + c]!;
    }
  }
}

/** The first kh x kw places of [map, h, w, outMap] as [kh, kw, map, outMap]. */
function collectTaps(from: Float32Array, to: Float32Array, shape: readonly number[], kh: number, kw: number): void {
  const [maps, h, w, outMaps] = imageShape(shape);
  for (let c = 0; c < maps; c++) {
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        const source = ((c * h + i) * w + j) * outMaps;
        to.set(from.subarray(source, source + outMaps), ((i * kw + j) * maps + c) * outMaps);
      }
    }
  }
}
