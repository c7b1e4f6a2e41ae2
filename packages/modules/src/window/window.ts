import { shownValue } from '@tessera-nn/core/internal';
import { positions } from '@tessera-nn/kernels';
import type { PoolGeometry } from './pool-geometry.js';
import type { Sides } from './pad.js';

/** One number for all axes of a window, or one for each. */
export type Extent = number | readonly number[];

/** A window that moves over what a module takes, with a number for each axis. */
export interface Window {
  size: readonly number[];
  stride: readonly number[];
  pad: 'same' | readonly Sides[];
  dilation: readonly number[];
  /** Whether places count of which the window begins on the image and ends behind its padding. */
  ceilMode: boolean;
}

/** What describes a window in the options of a module. */
export interface WindowMade {
  size: Extent;
  stride: Extent;
  pad: Extent | readonly Sides[] | 'same' | 'valid';
  dilation?: Extent;
  ceilMode?: boolean;
}

/** A number for each axis. */
export const onAxes = (axes: number, extent: Extent): readonly number[] =>
  typeof extent === 'number' ? new Array<number>(axes).fill(extent) : extent;

/** The window of so many axes that options of a module describe. */
export function windowOf(axes: number, options: WindowMade): Window {
  const { size, stride, pad, dilation = 1, ceilMode = false } = options;
  const sizes = { size: onAxes(axes, size), stride: onAxes(axes, stride), dilation: onAxes(axes, dilation) };
  return { ...sizes, pad: sidesOf(axes, pad), ceilMode };
}

function sidesOf(axes: number, pad: WindowMade['pad']): Window['pad'] {
  if (pad === 'same') return pad;
  if (axes === 1 && Array.isArray(pad)) return [pad as unknown as Sides];
  const widths = pad === 'valid' || typeof pad === 'number' ? onAxes(axes, pad === 'valid' ? 0 : pad) : pad;
  return widths.map((width): Sides => (typeof width === 'number' ? [width, width] : width));
}

/** How a window goes along an axis. */
export interface Along {
  size: number;
  stride: number;
  dilation: number;
  before: number;
  behind: number;
  /** How much of the padding behind is there for `ceilMode` alone. */
  beyond: number;
  places: number;
}

/** An axis of one place, seen as it is. */
export const ALONE: Along = { size: 1, stride: 1, dilation: 1, before: 0, behind: 0, beyond: 0, places: 1 };

/** How a window goes along the axes of a length each, or undefined if it does not fit. */
export function placesOf(lengths: readonly number[], window: Window): Along[] | undefined {
  const axes = lengths.map((length, axis) => alongAxis(axis, length, window));
  return axes.every(({ places }) => places > 0) ? axes : undefined;
}

function alongAxis(axis: number, length: number, window: Window): Along {
  const { pad, ceilMode } = window;
  const [size, stride, dilation] = [window.size[axis]!, window.stride[axis]!, window.dilation[axis]!];
  const along = { size, stride, dilation };
  const reach = dilation * (size - 1) + 1;
  if (pad === 'same') {
    const places = Math.ceil(length / stride);
    const total = Math.max(0, (places - 1) * stride + reach - length);
    const before = Math.floor(total / 2);
    return { ...along, places, before, behind: total - before, beyond: 0 };
  }
  const [before, behind] = pad[axis]!;
  const places = positions(length, reach, stride, before + behind, 1);
  const left = length + before + behind - reach - (places - 1) * stride;
  // One more, if it begins on the image, as in PyTorch: behind that it would see nothing.
  if (!ceilMode || places < 0 || left === 0 || places * stride >= length + before)
    return { ...along, places, before, behind, beyond: 0 };
  return { ...along, places: places + 1, before, behind: behind + stride - left, beyond: stride - left };
}

/** A window over rows and columns, as kernels take it. */
export const geometryOf = (rows: Along, columns: Along): PoolGeometry => ({
  size: [rows.size, columns.size],
  strides: [rows.stride, columns.stride],
  pads: [rows.before, rows.behind, columns.before, columns.behind],
  dilations: [rows.dilation, columns.dilation],
});

/** One number where all are the same, as options and messages have it. */
export const brief = (extent: readonly number[]): Extent =>
  extent.every((length) => length === extent[0]) ? extent[0]! : extent;

/** Padding in the shortest form there is. */
export function briefPad(pad: Window['pad']): WindowMade['pad'] {
  if (pad === 'same') return pad;
  if (pad.every(([before, behind]) => before === behind)) return brief(pad.map(([before]) => before));
  return pad.length === 1 ? pad[0]! : pad;
}

export const shownExtent = (extent: readonly number[]): string => shownValue(brief(extent));
