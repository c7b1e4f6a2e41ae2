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
