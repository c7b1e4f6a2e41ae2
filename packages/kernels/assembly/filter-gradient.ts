// The filter gradient of a direct convolution: four elements of a window times eight maps of dy, summed over pixels.
import { padImage } from './padded-image';
import { COLUMNS } from './tile';

/** Output pixels summed at a time: their dy and the windows under them stay in the first-level cache. */
const PIXELS: i32 = 128;
/** Window elements of a tile. */
const ELEMENTS: i32 = 4;

/**
 * dw[kernelHeight, kernelWidth, maps, wideMaps] = sum over images and places of x times dy; wideMaps is outMaps rounded up
 * to 8. Images are padded into `scratch` unless it is 0; dy is widened into `wideDy` unless that is 0, when outMaps is
 * a multiple of 8 already.
 */
export function convolveFilterGradient(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  maps: i32,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  dy: usize,
  outHeight: i32,
  outWidth: i32,
  outMaps: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  dw: usize,
  wideDy: usize,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const places = outHeight * outWidth;
  const wideMaps = (outMaps + COLUMNS - 1) & -COLUMNS;
  memory.fill(dw, 0, (<usize>(kernelHeight * kernelWidth * maps * wideMaps)) << 2);
  for (let n = 0; n < batch; n++) {
    let image = x + <usize>n * <usize>(height * width) * pixel;
    if (scratch) {
      padImage(image, height, width, maps, scratch, paddedHeight, paddedWidth, top, left, 1, 1);
      image = scratch;
    }
    let grads = dy + ((<usize>n * <usize>(places * outMaps)) << 2);
    if (wideDy) {
      widen(grads, places, outMaps, wideMaps, wideDy);
      grads = wideDy;
    }
    // prettier-ignore
    addImage(image, <usize>paddedWidth * pixel, pixel, grads, outHeight, outWidth, kernelHeight, kernelWidth,
      strideHeight, strideWidth, dilationHeight, dilationWidth, wideMaps, dw);
  }
}

function addImage(
  image: usize,
  row: usize,
  pixel: usize,
  dy: usize,
  outHeight: i32,
  outWidth: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  wideMaps: i32,
  dw: usize,
): void {
  const maps = <i32>(pixel >> 2);
  const runs = dilationWidth == 1 ? 1 : kernelWidth;
  const length = dilationWidth == 1 ? kernelWidth * maps : maps;
  const stepRight = pixel * <usize>strideWidth;
  const stepDown = row * <usize>strideHeight;
  const wide = (<usize>wideMaps) << 2;
  const lines = max(1, PIXELS / max(1, outWidth));
  for (let h0 = 0; h0 < outHeight; h0 += lines) {
    const count = min(lines, outHeight - h0);
    const grads = dy + <usize>(h0 * outWidth) * wide;
    for (let i = 0; i < kernelHeight; i++) {
      for (let run = 0; run < runs; run++) {
        const window =
          image + <usize>h0 * stepDown + <usize>(i * dilationHeight) * row + <usize>(run * dilationWidth) * pixel;
        const taps = dw + <usize>((i * kernelWidth + run) * maps) * wide;
        for (let e = 0; e < length; e += ELEMENTS) {
          const elements = min(ELEMENTS, length - e);
          const from = window + ((<usize>e) << 2);
          const to = taps + <usize>e * wide;
          for (let o: usize = 0; o < wide; o += 32) {
            if (elements == ELEMENTS) {
              addTile(from, stepDown, stepRight, grads + o, wide, count, outWidth, to + o);
            } else {
              for (let r: usize = 0; r < <usize>elements; r++) {
                addRow(from + (r << 2), stepDown, stepRight, grads + o, wide, count, outWidth, to + r * wide + o);
              }
            }
          }
        }
      }
    }
  }
}

/** Adds what four elements of a window and eight maps of dy give over `lines` x `outWidth` places. */
function addTile(
  window: usize,
  stepDown: usize,
  stepRight: usize,
  dy: usize,
  wide: usize,
  lines: i32,
  outWidth: i32,
  dw: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let line = 0; line < lines; line++, window += stepDown) {
    let at = window;
    for (let w = 0; w < outWidth; w++, at += stepRight, dy += wide) {
      const g0 = v128.load(dy);
      const g1 = v128.load(dy, 16);
      let x = v128.load32_splat(at);
      c00 = f32x4.add(c00, f32x4.mul(x, g0));
      c01 = f32x4.add(c01, f32x4.mul(x, g1));
      x = v128.load32_splat(at, 4);
      c10 = f32x4.add(c10, f32x4.mul(x, g0));
      c11 = f32x4.add(c11, f32x4.mul(x, g1));
      x = v128.load32_splat(at, 8);
      c20 = f32x4.add(c20, f32x4.mul(x, g0));
      c21 = f32x4.add(c21, f32x4.mul(x, g1));
      x = v128.load32_splat(at, 12);
      c30 = f32x4.add(c30, f32x4.mul(x, g0));
      c31 = f32x4.add(c31, f32x4.mul(x, g1));
    }
  }
  // Partial sums are added to the total, which keeps the rounding error of long sums small.
  addTo(dw, c00, c01);
  addTo(dw + wide, c10, c11);
  addTo(dw + 2 * wide, c20, c21);
  addTo(dw + 3 * wide, c30, c31);
}

/** The same for one element of a window, where fewer than four are left. */
function addRow(
  window: usize,
  stepDown: usize,
  stepRight: usize,
  dy: usize,
  wide: usize,
  lines: i32,
  outWidth: i32,
  dw: usize,
): void {
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  for (let line = 0; line < lines; line++, window += stepDown) {
    let at = window;
    for (let w = 0; w < outWidth; w++, at += stepRight, dy += wide) {
      const x = v128.load32_splat(at);
      low = f32x4.add(low, f32x4.mul(x, v128.load(dy)));
      high = f32x4.add(high, f32x4.mul(x, v128.load(dy, 16)));
    }
  }
  addTo(dw, low, high);
}

function addTo(to: usize, low: v128, high: v128): void {
  v128.store(to, f32x4.add(v128.load(to), low));
  v128.store(to, f32x4.add(v128.load(to, 16), high), 16);
}

/** Rows of `maps` elements spread to rows of `wideMaps`, the rest 0. */
function widen(from: usize, rows: i32, maps: i32, wideMaps: i32, to: usize): void {
  memory.fill(to, 0, (<usize>(rows * wideMaps)) << 2);
  for (let r = 0; r < rows; r++) copyRow(from + ((<usize>(r * maps)) << 2), to + ((<usize>(r * wideMaps)) << 2), maps);
}

/** The inverse: the first `maps` elements of rows of `wideMaps`. */
export function narrow(from: usize, rows: i32, maps: i32, wideMaps: i32, to: usize): void {
  for (let r = 0; r < rows; r++) copyRow(from + ((<usize>(r * wideMaps)) << 2), to + ((<usize>(r * maps)) << 2), maps);
}

function copyRow(from: usize, to: usize, count: i32): void {
  for (let at: usize = 0; at < (<usize>count) << 2; at += 4) store<f32>(to + at, load<f32>(from + at));
}
