import type { Pair } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { positions, type WindowGeometry } from '@tessera-nn/kernels';
import type { Pad, Sides } from './pad.js';

const both = (pair: Pair): readonly [number, number] => (typeof pair === 'number' ? [pair, pair] : pair);

/** A window that moves over the images of a module. */
export interface Window {
  size: readonly [number, number];
  stride: readonly [number, number];
  pad: 'same' | readonly [Sides, Sides];
  dilation: readonly [number, number];
  /** Whether places count of which the window begins on the image and ends behind its padding. */
  ceilMode: boolean;
}

/** The window that options of a module describe. */
export function windowOf(options: { size: Pair; stride: Pair; pad: Pad; dilation?: Pair; ceilMode?: boolean }): Window {
  const { size, stride, pad, dilation = 1, ceilMode = false } = options;
  return { size: both(size), stride: both(stride), pad: sidesOf(pad), dilation: both(dilation), ceilMode };
}

function sidesOf(pad: Pad): Window['pad'] {
  if (pad === 'same') return pad;
  const [vertical, horizontal] = pad === 'valid' ? [0, 0] : typeof pad === 'number' ? [pad, pad] : pad;
  const sides = (width: number | Sides): Sides => (typeof width === 'number' ? [width, width] : width);
  return [sides(vertical), sides(horizontal)];
}

/** How a window goes over images of [batch, maps, height, width], as kernels take it, and what it is behind `ceilMode`. */
export interface WindowPlaces extends WindowGeometry {
  /** [height, width] of the result. */
  places: readonly [number, number];
  /** How much of the padding at the bottom and on the right is there for `ceilMode` alone. */
  beyond: readonly [number, number];
}

/** The places that a window has on images of [batch, maps, height, width], or undefined if it does not fit. */
export function placesOf(shape: readonly number[], window: Window): WindowPlaces | undefined {
  const [rows, columns] = [alongAxis(0, shape[2]!, window), alongAxis(1, shape[3]!, window)];
  if (rows.places <= 0 || columns.places <= 0) return undefined;
  return {
    strides: window.stride,
    dilations: window.dilation,
    pads: [rows.before, rows.behind, columns.before, columns.behind],
    places: [rows.places, columns.places],
    beyond: [rows.beyond, columns.beyond],
  };
}

function alongAxis(axis: 0 | 1, length: number, { size, stride, pad, dilation, ceilMode }: Window) {
  const [step, reach] = [stride[axis], dilation[axis] * (size[axis] - 1) + 1];
  if (pad === 'same') {
    const places = Math.ceil(length / step);
    const total = Math.max(0, (places - 1) * step + reach - length);
    const before = Math.floor(total / 2);
    return { places, before, behind: total - before, beyond: 0 };
  }
  const [before, behind] = pad[axis];
  const places = positions(length, reach, step, before + behind, 1);
  const left = length + before + behind - reach - (places - 1) * step;
  // One more, if it begins on the image, as in PyTorch: behind that it would see nothing.
  if (!ceilMode || places < 0 || left === 0 || places * step >= length + before)
    return { places, before, behind, beyond: 0 };
  return { places: places + 1, before, behind: behind + step - left, beyond: step - left };
}

/** One number where both are the same, as options and messages have it. */
export const brief = ([a, b]: readonly [number, number]): Pair => (a === b ? a : [a, b]);

/** Padding in the shortest form there is. */
export function briefPad(pad: Window['pad']): Pad {
  if (pad === 'same') return pad;
  const [vertical, horizontal] = pad;
  return vertical[0] === vertical[1] && horizontal[0] === horizontal[1] ? brief([vertical[0], horizontal[0]]) : pad;
}

export const shownPair = (pair: readonly [number, number]): string => shownValue(brief(pair));
