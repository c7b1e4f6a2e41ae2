// Convolution of each map by itself, four maps at a time; the filter is [taps, maps].
import { multiplyAdd } from './multiply-add';
import { padImage } from './padded-image';

/** y = bias + each map of padded x times its own filter, for images from `first` to `last`. */
export function depthwise(
  x: usize,
  height: i32,
  width: i32,
  maps: i32,
  padded: bool,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  filter: usize,
  bias: usize,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  y: usize,
  outHeight: i32,
  outWidth: i32,
  first: i32,
  last: i32,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const row = <usize>paddedWidth * pixel;
  const down = row * <usize>dilationHeight;
  const right = pixel * <usize>dilationWidth;
  for (let n = first; n < last; n++) {
    let image = x + <usize>(n * height * width) * pixel;
    if (padded) {
      padImage(image, height, width, maps, scratch, paddedHeight, paddedWidth, top, left);
      image = scratch;
    }
    let to = y + <usize>(n * outHeight * outWidth) * pixel;
    for (let oh = 0; oh < outHeight; oh++) {
      let window = image + <usize>(oh * strideHeight) * row;
      for (let ow = 0; ow < outWidth; ow++, window += pixel * <usize>strideWidth, to += pixel) {
        let at: usize = 0;
        for (; at + 16 <= pixel; at += 16) {
          let sum = bias ? v128.load(bias + at) : f32x4.splat(0);
          let weight = filter + at;
          for (let i = 0; i < kernelHeight; i++) {
            let from = window + <usize>i * down + at;
            for (let j = 0; j < kernelWidth; j++, from += right, weight += pixel) {
              sum = multiplyAdd(v128.load(from), v128.load(weight), sum);
            }
          }
          v128.store(to + at, sum);
        }
        for (; at < pixel; at += 4) {
          let sum: f32 = bias ? load<f32>(bias + at) : 0;
          let weight = filter + at;
          for (let i = 0; i < kernelHeight; i++) {
            let from = window + <usize>i * down + at;
            for (let j = 0; j < kernelWidth; j++, from += right, weight += pixel) {
              sum += load<f32>(from) * load<f32>(weight);
            }
          }
          store<f32>(to + at, sum);
        }
      }
    }
  }
}

/** dx of `depthwise`: dy times the filter, added where the window saw the pixel. */
export function depthwiseInputGradient(
  dx: usize,
  height: i32,
  width: i32,
  maps: i32,
  padded: bool,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  filter: usize,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  dy: usize,
  outHeight: i32,
  outWidth: i32,
  first: i32,
  last: i32,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const row = <usize>paddedWidth * pixel;
  const down = row * <usize>dilationHeight;
  const right = pixel * <usize>dilationWidth;
  for (let n = first; n < last; n++) {
    const target = dx + <usize>(n * height * width) * pixel;
    const image = padded ? scratch : target;
    memory.fill(image, 0, <usize>paddedHeight * row);
    let grads = dy + <usize>(n * outHeight * outWidth) * pixel;
    for (let oh = 0; oh < outHeight; oh++) {
      let window = image + <usize>(oh * strideHeight) * row;
      for (let ow = 0; ow < outWidth; ow++, window += pixel * <usize>strideWidth, grads += pixel) {
        let weights = filter;
        for (let i = 0; i < kernelHeight; i++) {
          let to = window + <usize>i * down;
          for (let j = 0; j < kernelWidth; j++, to += right, weights += pixel) addProduct(grads, weights, to, pixel);
        }
      }
    }
    if (padded) padImage(image, paddedHeight, paddedWidth, maps, target, height, width, -top, -left);
  }
}

/** dw[taps, maps] of `depthwise`: sums of x times dy over images and places. */
export function depthwiseFilterGradient(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  maps: i32,
  padded: bool,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  dy: usize,
  outHeight: i32,
  outWidth: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  dw: usize,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const row = <usize>paddedWidth * pixel;
  memory.fill(dw, 0, <usize>(kernelHeight * kernelWidth) * pixel);
  for (let n = 0; n < batch; n++) {
    let image = x + <usize>(n * height * width) * pixel;
    if (padded) {
      padImage(image, height, width, maps, scratch, paddedHeight, paddedWidth, top, left);
      image = scratch;
    }
    let grads = dy + <usize>(n * outHeight * outWidth) * pixel;
    for (let oh = 0; oh < outHeight; oh++, grads += <usize>outWidth * pixel) {
      let to = dw;
      for (let i = 0; i < kernelHeight; i++) {
        const line = image + <usize>(oh * strideHeight + i * dilationHeight) * row;
        for (let j = 0; j < kernelWidth; j++, to += pixel) {
          addLine(line + <usize>(j * dilationWidth) * pixel, pixel * <usize>strideWidth, grads, to, outWidth, pixel);
        }
      }
    }
  }
}

/** to += the sum of x times g over a line of pixels. */
function addLine(x: usize, step: usize, g: usize, to: usize, count: i32, pixel: usize): void {
  let at: usize = 0;
  for (; at + 16 <= pixel; at += 16) {
    let sum = f32x4.splat(0);
    let from = x + at;
    let grad = g + at;
    for (let w = 0; w < count; w++, from += step, grad += pixel) {
      sum = multiplyAdd(v128.load(from), v128.load(grad), sum);
    }
    v128.store(to + at, f32x4.add(v128.load(to + at), sum));
  }
  for (; at < pixel; at += 4) {
    let sum: f32 = 0;
    let from = x + at;
    let grad = g + at;
    for (let w = 0; w < count; w++, from += step, grad += pixel) sum += load<f32>(from) * load<f32>(grad);
    store<f32>(to + at, load<f32>(to + at) + sum);
  }
}

function addProduct(a: usize, b: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(to + at, multiplyAdd(v128.load(a + at), v128.load(b + at), v128.load(to + at)));
  }
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(a + at) * load<f32>(b + at));
}
