// Direct convolution of channels-last images: a row of a window is contiguous over its columns and maps, so that four
// pixels times eight maps go through a register tile without an im2col buffer.
import { padImage } from './padded-image';
import { packPanel } from './panel';
import { COLUMNS, ROWS, tile } from './tile';

/**
 * panels[maps / 8][taps * inner][8] of an HWIO filter. Turned, it becomes the filter of the input gradient: its last tap
 * comes first, and its input and output maps exchange their parts.
 */
export function packFilter(filter: usize, taps: i32, maps: i32, outMaps: i32, turned: bool, panels: usize): void {
  const step = (<usize>outMaps) << 2;
  if (!turned) {
    for (let o = 0; o < outMaps; o += COLUMNS) {
      const from = filter + ((<usize>o) << 2);
      panels = packPanel(from, step, false, taps * maps, min(COLUMNS, outMaps - o), panels);
    }
    return;
  }
  for (let c = 0; c < maps; c += COLUMNS) {
    for (let t = taps - 1; t >= 0; t--) {
      const from = filter + <usize>(t * maps + c) * step;
      panels = packPanel(from, step, true, outMaps, min(COLUMNS, maps - c), panels);
    }
  }
}

/**
 * y[n, h, w, o] = bias[o] + sum of padded x times the packed filter. Each image is padded (and its pixels spaced out) into
 * `scratch`, unless `scratch` is 0: then the images are read where they lie. `overhang` is room for 32 bytes.
 */
export function convolve(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  maps: i32,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  rowSpacing: i32,
  columnSpacing: i32,
  panels: usize,
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
  outMaps: i32,
  overhang: usize,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  for (let n = 0; n < batch; n++) {
    let image = x + <usize>n * <usize>(height * width) * pixel;
    if (scratch) {
      // prettier-ignore
      padImage(image, height, width, maps, scratch, paddedHeight, paddedWidth, top, left, rowSpacing, columnSpacing);
      image = scratch;
    }
    const out = y + ((<usize>n * <usize>(outHeight * outWidth * outMaps)) << 2);
    // prettier-ignore
    convolveImage(image, <usize>paddedWidth * pixel, pixel, panels, bias, kernelHeight, kernelWidth, strideHeight,
      strideWidth, dilationHeight, dilationWidth, out, outHeight, outWidth, outMaps, overhang);
  }
}

function convolveImage(
  image: usize,
  row: usize,
  pixel: usize,
  panel: usize,
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
  outMaps: i32,
  overhang: usize,
): void {
  const maps = <i32>(pixel >> 2);
  // Undilated, the columns of a window are one run.
  const runs = dilationWidth == 1 ? 1 : kernelWidth;
  const length = dilationWidth == 1 ? kernelWidth * maps : maps;
  const blockStep = row * <usize>dilationHeight;
  const runStep = pixel * <usize>dilationWidth;
  const places = outHeight * outWidth;
  const stepDown = row * <usize>strideHeight;
  const stepRight = pixel * <usize>strideWidth;
  const outStep = (<usize>outMaps) << 2;
  const panelSize = (<usize>(kernelHeight * kernelWidth * maps)) << 5;
  for (let o = 0; o < outMaps; o += COLUMNS, panel += panelSize) {
    const columns = min(COLUMNS, outMaps - o);
    const start = bias ? bias + ((<usize>o) << 2) : 0;
    let line = image;
    let ow = 0;
    for (let p = 0; p < places; p += ROWS) {
      const rows = min(ROWS, places - p);
      // Places beyond the last repeat it.
      const a0 = line + <usize>ow * stepRight;
      if (rows > 1 && ++ow == outWidth) {
        ow = 0;
        line += stepDown;
      }
      const a1 = line + <usize>ow * stepRight;
      if (rows > 2 && ++ow == outWidth) {
        ow = 0;
        line += stepDown;
      }
      const a2 = line + <usize>ow * stepRight;
      if (rows > 3 && ++ow == outWidth) {
        ow = 0;
        line += stepDown;
      }
      const a3 = line + <usize>ow * stepRight;
      if (++ow == outWidth) {
        ow = 0;
        line += stepDown;
      }
      const out = y + <usize>p * outStep + ((<usize>o) << 2);
      // prettier-ignore
      tile(a0, a1, a2, a3, kernelHeight, blockStep, runs, runStep, length, 4, panel, start, 0, out, outStep, rows,
        columns, overhang);
    }
  }
}
