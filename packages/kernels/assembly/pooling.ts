// Pooling of channels-last images and its gradients. A window counts only the pixels of it that lie inside the image.

/**
 * y = the largest x of each window, and NaN where there is one; -Infinity for a window that sees no pixel.
 */
export function maxPool(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  maps: i32,
  y: usize,
  outHeight: i32,
  outWidth: i32,
  windowHeight: i32,
  windowWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32,
  left: i32,
): void {
  const pixel = (<usize>maps) << 2;
  for (let n = 0; n < batch; n++, x += <usize>(height * width) * pixel) {
    for (let oh = 0; oh < outHeight; oh++) {
      const h0 = max(0, oh * strideHeight - top);
      const h1 = min(height, oh * strideHeight - top + windowHeight);
      for (let ow = 0; ow < outWidth; ow++, y += pixel) {
        const w0 = max(0, ow * strideWidth - left);
        const w1 = min(width, ow * strideWidth - left + windowWidth);
        let at: usize = 0;
        for (; at + 16 <= pixel; at += 16) {
          let largest = f32x4.splat(-Infinity);
          for (let h = h0; h < h1; h++) {
            for (let w = w0; w < w1; w++) {
              largest = f32x4.max(largest, v128.load(x + <usize>(h * width + w) * pixel + at));
            }
          }
          v128.store(y + at, largest);
        }
        for (; at < pixel; at += 4) {
          let largest: f32 = -Infinity;
          for (let h = h0; h < h1; h++) {
            for (let w = w0; w < w1; w++) {
              largest = max<f32>(largest, load<f32>(x + <usize>(h * width + w) * pixel + at));
            }
          }
          store<f32>(y + at, largest);
        }
      }
    }
  }
}

/** dx = g at the first x of each window that equals y, or is NaN. */
export function maxPoolGradient(
  x: usize,
  y: usize,
  g: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  maps: i32,
  outHeight: i32,
  outWidth: i32,
  windowHeight: i32,
  windowWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32,
  left: i32,
): void {
  const pixel = (<usize>maps) << 2;
  const image = <usize>(height * width) * pixel;
  memory.fill(dx, 0, <usize>batch * image);
  for (let n = 0; n < batch; n++, x += image, dx += image) {
    for (let oh = 0; oh < outHeight; oh++) {
      const h0 = max(0, oh * strideHeight - top);
      const h1 = min(height, oh * strideHeight - top + windowHeight);
      for (let ow = 0; ow < outWidth; ow++, y += pixel, g += pixel) {
        const w0 = max(0, ow * strideWidth - left);
        const w1 = min(width, ow * strideWidth - left + windowWidth);
        let map: usize = 0;
        for (; map + 16 <= pixel; map += 16) {
          const largest = v128.load(y + map);
          const grad = v128.load(g + map);
          let unclaimed = i32x4.splat(-1);
          for (let h = h0; h < h1; h++) {
            for (let w = w0; w < w1; w++) {
              const at = <usize>(h * width + w) * pixel + map;
              const value = v128.load(x + at);
              const fits = v128.or(f32x4.eq(value, largest), f32x4.ne(value, value));
              const claims = v128.and(fits, unclaimed);
              unclaimed = v128.andnot(unclaimed, claims);
              v128.store(dx + at, f32x4.add(v128.load(dx + at), v128.and(claims, grad)));
            }
          }
        }
        for (; map < pixel; map += 4) {
          const at = firstLargest(x + map, load<f32>(y + map), h0, h1, w0, w1, width, pixel);
          if (at < 0) continue;
          const to = dx + map + <usize>at * pixel;
          store<f32>(to, load<f32>(to) + load<f32>(g + map));
        }
      }
    }
  }
}

/** The place of the first pixel that equals `largest` or is NaN; -1 if there is none. */
function firstLargest(x: usize, largest: f32, h0: i32, h1: i32, w0: i32, w1: i32, width: i32, pixel: usize): i32 {
  for (let h = h0; h < h1; h++) {
    for (let w = w0; w < w1; w++) {
      const value = load<f32>(x + <usize>(h * width + w) * pixel);
      if (value == largest || value != value) return h * width + w;
    }
  }
  return -1;
}

/** y = the mean of each window, over its whole size with `includePad`, else over the pixels it sees. */
export function averagePool(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  maps: i32,
  y: usize,
  outHeight: i32,
  outWidth: i32,
  windowHeight: i32,
  windowWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32,
  left: i32,
  includePad: bool,
): void {
  const pixel = (<usize>maps) << 2;
  for (let n = 0; n < batch; n++, x += <usize>(height * width) * pixel) {
    for (let oh = 0; oh < outHeight; oh++) {
      const h0 = max(0, oh * strideHeight - top);
      const h1 = min(height, oh * strideHeight - top + windowHeight);
      for (let ow = 0; ow < outWidth; ow++, y += pixel) {
        const w0 = max(0, ow * strideWidth - left);
        const w1 = min(width, ow * strideWidth - left + windowWidth);
        const scale = <f32>(1 / <f64>(includePad ? windowHeight * windowWidth : (h1 - h0) * (w1 - w0)));
        const wide = f32x4.splat(scale);
        let at: usize = 0;
        for (; at + 16 <= pixel; at += 16) {
          let total = f32x4.splat(0);
          for (let h = h0; h < h1; h++) {
            for (let w = w0; w < w1; w++) {
              total = f32x4.add(total, v128.load(x + <usize>(h * width + w) * pixel + at));
            }
          }
          v128.store(y + at, f32x4.mul(total, wide));
        }
        for (; at < pixel; at += 4) {
          let total: f32 = 0;
          for (let h = h0; h < h1; h++) {
            for (let w = w0; w < w1; w++) total += load<f32>(x + <usize>(h * width + w) * pixel + at);
          }
          store<f32>(y + at, total * scale);
        }
      }
    }
  }
}

/** dx = g over the divisor, summed over the windows that saw the pixel. */
export function averagePoolGradient(
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  maps: i32,
  g: usize,
  outHeight: i32,
  outWidth: i32,
  windowHeight: i32,
  windowWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32,
  left: i32,
  includePad: bool,
): void {
  const pixel = (<usize>maps) << 2;
  const image = <usize>(height * width) * pixel;
  memory.fill(dx, 0, <usize>batch * image);
  for (let n = 0; n < batch; n++, dx += image) {
    for (let oh = 0; oh < outHeight; oh++) {
      const h0 = max(0, oh * strideHeight - top);
      const h1 = min(height, oh * strideHeight - top + windowHeight);
      for (let ow = 0; ow < outWidth; ow++, g += pixel) {
        const w0 = max(0, ow * strideWidth - left);
        const w1 = min(width, ow * strideWidth - left + windowWidth);
        const scale = <f32>(1 / <f64>(includePad ? windowHeight * windowWidth : (h1 - h0) * (w1 - w0)));
        for (let h = h0; h < h1; h++) {
          for (let w = w0; w < w1; w++) addScaled(g, scale, dx + <usize>(h * width + w) * pixel, pixel);
        }
      }
    }
  }
}

function addScaled(g: usize, scale: f32, to: usize, bytes: usize): void {
  const wide = f32x4.splat(scale);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(v128.load(g + at), wide)));
  }
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(g + at) * scale);
}
