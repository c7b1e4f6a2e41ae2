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
  size: Pair;
  stride: Pair;
  pad: 'same' | readonly [Pair, Pair];
  dilation: Pair;
  ceilMode: boolean;
}

/** Along an axis of images: where the windows of a module begin, found by moving one, and where the padding ends. */
export function windowsAlong(axis: 0 | 1, length: number, { size, stride, pad, dilation, ceilMode }: ModuleWindow) {
  const [step, reach] = [stride[axis], (size[axis] - 1) * dilation[axis] + 1];
  const missing = Math.max(0, (Math.ceil(length / step) - 1) * step + reach - length);
  const [before, behind] = pad === 'same' ? [Math.floor(missing / 2), Math.ceil(missing / 2)] : pad[axis];
  const end = length + behind;
  const starts: number[] = [];
  for (let at = -before; ; at += step) {
    const counts = at + reach <= end || (ceilMode && at < length && at + reach < end + step);
    if (!counts) return { starts, before, end };
    starts.push(at);
  }
}
