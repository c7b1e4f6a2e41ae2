// Images with their padding written out, so that a convolution reads without asking where the border is.

/**
 * Copies an image into zeros, behind `top` rows and `left` columns of them and with its pixels `rowSpacing` and
 * `columnSpacing` apart. Pixels that fall outside are left out; `top` and `left` may be negative.
 */
export function padImage(
  image: usize,
  height: i32,
  width: i32,
  maps: i32,
  padded: usize,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  rowSpacing: i32,
  columnSpacing: i32,
): void {
  const pixel = (<usize>maps) << 2;
  memory.fill(padded, 0, <usize>paddedHeight * <usize>paddedWidth * pixel);
  for (let h = 0; h < height; h++) {
    const row = h * rowSpacing + top;
    if (row < 0 || row >= paddedHeight) continue;
    const from = image + <usize>(h * width) * pixel;
    const to = padded + <usize>(row * paddedWidth) * pixel;
    if (columnSpacing == 1) {
      const first = max(0, -left);
      const last = min(width, paddedWidth - left);
      if (last > first) {
        memory.copy(to + <usize>(left + first) * pixel, from + <usize>first * pixel, <usize>(last - first) * pixel);
      }
      continue;
    }
    for (let w = 0; w < width; w++) {
      const column = w * columnSpacing + left;
      if (column < 0 || column >= paddedWidth) continue;
      memory.copy(to + <usize>column * pixel, from + <usize>w * pixel, pixel);
    }
  }
}
