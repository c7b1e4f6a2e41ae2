import type { backend_util, Tensor } from '@tensorflow/tfjs-core';

/** How a window moves over an image: [vertical, horizontal], and padding as [top, bottom, left, right]. */
export interface WindowGeometry {
  strides: readonly [number, number];
  pads: readonly [number, number, number, number];
  dilations: readonly [number, number];
}

/** Geometry of a convolution; maps are split into `groups` that are convolved apart. */
export interface ConvGeometry extends WindowGeometry {
  groups: number;
}

/** What the convolution reads. */
export type Forward = { x: Tensor; filter: Tensor; bias: Tensor | undefined };

/** What its gradient in the input reads. */
export type InputGradient = { dy: Tensor; filter: Tensor };
export type InputGradientAttrs = ConvGeometry & { inputShape: readonly number[] };

/** What its gradient in the filter reads. */
export type FilterGradient = { x: Tensor; dy: Tensor };
export type FilterGradientAttrs = ConvGeometry & { filterShape: readonly number[] };

/** How many positions a window of `size` (dilated) has over `length` padded by before + after; not positive if none. */
export function positions(length: number, size: number, stride: number, padding: number, dilation: number): number {
  return Math.floor((length + padding - dilation * (size - 1) - 1) / stride) + 1;
}

/**
 * The attributes of tfjs's convolution and pooling kernels. Padding is always explicit: numeric padding computes a wrong
 * output shape for oblong windows in tfjs 4.22, and 'same' returns zeros on wasm when the stride exceeds the window.
 */
export function stockWindow({ strides, pads, dilations }: WindowGeometry) {
  return {
    strides: [...strides] as [number, number],
    pad: [
      [0, 0],
      [pads[0], pads[1]],
      [pads[2], pads[3]],
      [0, 0],
    ] as backend_util.ExplicitPadding,
    dilations: [...dilations] as [number, number],
    dataFormat: 'NHWC' as const,
  };
}
