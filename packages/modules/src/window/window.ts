import type { Pair } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { positions } from '@tessera-nn/kernels';

const both = (pair: Pair): readonly [number, number] => (typeof pair === 'number' ? [pair, pair] : pair);

/** A window that moves over the images of a module; pads are the same on both sides of an axis. */
export interface Window {
  size: readonly [number, number];
  stride: readonly [number, number];
  pad: readonly [number, number];
  dilation: readonly [number, number];
}

/** The window that options of a module describe. */
export function windowOf(options: { size: Pair; stride: Pair; pad: Pair; dilation?: Pair }): Window {
  const { size, stride, pad, dilation = 1 } = options;
  return { size: both(size), stride: both(stride), pad: both(pad), dilation: both(dilation) };
}

/** [height, width] of what a window returns for images of [batch, maps, height, width], or undefined if it does not fit. */
export function windowPositions(shape: readonly number[], { size, stride, pad, dilation }: Window) {
  const fit = [0, 1].map((i) => positions(shape[i + 2]!, size[i]!, stride[i]!, 2 * pad[i]!, dilation[i]!));
  return fit.every((count) => count > 0) ? (fit as [number, number]) : undefined;
}

/** The window as kernels take it. */
export function windowGeometry({ stride, pad, dilation }: Window) {
  return { strides: stride, pads: [pad[0], pad[0], pad[1], pad[1]] as const, dilations: dilation };
}

/** One number where both are the same, as options and messages have it. */
export const brief = ([a, b]: readonly [number, number]): Pair => (a === b ? a : [a, b]);

export const shownPair = (pair: readonly [number, number]): string => shownValue(brief(pair));
