// Images with their padding written out, so that a convolution reads without asking where the border is.

/**
 * Copies an image into zeros, behind `top` rows and `left` columns of them. Pixels that fall outside are left out; with
 * negative `top` and `left` it is cut instead.
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
): void {
  const pixel = (<usize>maps) << 2;
  memory.fill(padded, 0, <usize>(paddedHeight * paddedWidth) * pixel);
  const first = max(0, -left);
  const last = min(width, paddedWidth - left);
  if (last <= first) return;
  for (let h = max(0, -top); h < min(height, paddedHeight - top); h++) {
    const from = image + <usize>(h * width + first) * pixel;
    const to = padded + <usize>((h + top) * paddedWidth + left + first) * pixel;
    memory.copy(to, from, <usize>(last - first) * pixel);
  }
}
