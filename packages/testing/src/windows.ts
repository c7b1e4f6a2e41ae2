import { sizeOf } from '@tessera-nn/core/internal';
import { nd, type Nd } from './nd.js';

type Pair = readonly [number, number];

/** A window on two axes; padding above, below, left and right. */
export interface Window2D {
  size: Pair;
  strides: Pair;
  pads: readonly [number, number, number, number];
}

/** The shape of channels-last images after a window went over them: its places are counted by moving it along. */
export function shapeAfterWindow([batch, height, width, maps]: readonly number[], window: Window2D): number[] {
  const { size, strides, pads } = window;
  const places = (length: number, axis: 0 | 1) => {
    let count = 0;
    const last = length + pads[2 * axis + 1]! - size[axis];
    for (let start = -pads[2 * axis]!; start <= last; start += strides[axis]) count++;
    return count;
  };
  return [batch!, places(height!, 0), places(width!, 1), maps!];
}

/** The window of a module, as its options have it. */
export interface ModuleWindow {
  size: readonly number[];
  stride: readonly number[];
  pad: 'same' | readonly Pair[];
  dilation: readonly number[];
  ceilMode: boolean;
}

/** Along an axis of images: where the windows of a module begin, found by moving one, and where the padding ends. */
export function windowsAlong(axis: number, length: number, window: ModuleWindow) {
  const { pad, ceilMode } = window;
  const [size, step, dilation] = [window.size[axis]!, window.stride[axis]!, window.dilation[axis]!];
  const reach = (size - 1) * dilation + 1;
  const missing = Math.max(0, (Math.ceil(length / step) - 1) * step + reach - length);
  const [before, behind] = pad === 'same' ? [Math.floor(missing / 2), Math.ceil(missing / 2)] : pad[axis]!;
  const end = length + behind;
  const starts: number[] = [];
  for (let at = -before; ; at += step) {
    const counts = at + reach <= end || (ceilMode && at < length && at + reach < end + step);
    if (!counts) return { starts, before, end };
    starts.push(at);
  }
}

/** What a tap of a window sees that is not on the image: padding, or what `ceilMode` adds behind that. */
export const PADDING = -1;
export const BEYOND = -2;

/** The windows over axes of a length each: how many along each, and for each window what its taps see, as flat indices. */
export function windowsOver(lengths: readonly number[], window: ModuleWindow): { counts: number[]; taps: number[][] } {
  let taps = [[0]];
  const counts = lengths.map((length, axis) => {
    const { starts, end } = windowsAlong(axis, length, window);
    const see = (at: number) => (at >= 0 && at < length ? at : at >= end ? BEYOND : PADDING);
    const along = starts.map((start) =>
      Array.from({ length: window.size[axis]! }, (_, tap) => see(start + tap * window.dilation[axis]!)),
    );
    const join = (outer: number, inner: number) =>
      Math.min(outer, inner) < 0 ? Math.min(outer, inner) : outer * length + inner;
    taps = taps.flatMap((outer) =>
      along.map((inner) => outer.flatMap((one) => inner.map((other) => join(one, other)))),
    );
    return starts.length;
  });
  return { counts, taps };
}

/** For each window over a batch of maps, a number of what its taps see: of the values on the input, and of how many lie on padding. */
export function overWindows(x: Nd, window: ModuleWindow, of: (values: number[], padding: number) => number): Nd {
  const [batch, maps, ...lengths] = x.shape as [number, number, ...number[]];
  const { counts, taps } = windowsOver(lengths, window);
  const y = nd([batch, maps, ...counts]);
  const length = sizeOf(lengths);
  y.data.forEach((_, at) => {
    const map = Math.floor(at / taps.length) * length;
    const seen = taps[at % taps.length]!;
    const values = seen.filter((place) => place >= 0).map((place) => x.data[map + place]!);
    y.data[at] = of(values, seen.filter((place) => place === PADDING).length);
  });
  return y;
}
