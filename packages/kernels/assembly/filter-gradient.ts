// The filter gradient of a convolution: six elements of a window times eight maps of dy, summed over pixels.
import { padImage } from './padded-image';
import { packPanels } from './panel';
import { COLUMNS, TILE, ROWS, tile } from './tile';

/** Output pixels summed at a time: what is packed of them stays in the first-level cache. */
const PIXELS: i32 = 512;

/** Bytes of scratch that `convolveFilterGradient` needs, beside a padded image. */
export function filterGradientScratch(groupOut: i32): i32 {
  return <i32>TILE + 4 * PIXELS * (ROWS + ((groupOut + COLUMNS - 1) & -COLUMNS));
}

/**
 * Rows from `first` to `last` of dw[taps x maps of a group, outMaps] = sum over images and places of x times dy. Images are
 * padded into the scratch if `padded`.
 */
export function convolveFilterGradient(
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
  outMaps: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  groups: i32,
  dw: usize,
  first: i32,
  last: i32,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const row = <usize>paddedWidth * pixel;
  const places = outHeight * outWidth;
  const groupMaps = maps / groups;
  const groupOut = outMaps / groups;
  const outStep = (<usize>outMaps) << 2;
  const packed = scratch + TILE;
  const panels = packed + <usize>PIXELS * 24;
  const room = scratch + <usize>filterGradientScratch(groupOut);
  memory.fill(dw + <usize>first * outStep, 0, <usize>(last - first) * outStep);
  for (let n = 0; n < batch; n++) {
    let image = x + <usize>n * <usize>(height * width) * pixel;
    if (padded) {
      padImage(image, height, width, maps, room, paddedHeight, paddedWidth, top, left);
      image = room;
    }
    const grads = dy + <usize>(n * places) * outStep;
    for (let p = 0; p < places; p += PIXELS) {
      const pixels = min(PIXELS, places - p);
      for (let group = 0; group < groups; group++) {
        const from = grads + <usize>p * outStep + ((<usize>(group * groupOut)) << 2);
        packPanels(from, outStep, pixels, groupOut, panels);
        for (let e = first; e < last; e += ROWS) {
          const rows = min(ROWS, last - e);
          // prettier-ignore
          packElements(image + ((<usize>(group * groupMaps)) << 2), row, pixel, e, rows, groupMaps, kernelWidth,
            dilationHeight, dilationWidth, strideHeight, strideWidth, p, pixels, outWidth, packed);
          let c = dw + <usize>e * outStep + ((<usize>(group * groupOut)) << 2);
          let panel = panels;
          for (let o = 0; o < groupOut; o += COLUMNS, c += 32, panel += (<usize>pixels) << 5) {
            tile(packed, panel, pixels, c, outStep, c, outStep, rows, min(COLUMNS, groupOut - o), scratch);
          }
        }
      }
    }
  }
}

/** packed[pixel][r] = element e + r of the windows of `pixels` pixels from `p` on. */
function packElements(
  image: usize,
  row: usize,
  pixel: usize,
  e: i32,
  rows: i32,
  maps: i32,
  kernelWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  p: i32,
  pixels: i32,
  outWidth: i32,
  packed: usize,
): void {
  const down = row * <usize>dilationHeight;
  const right = pixel * <usize>dilationWidth;
  // Elements beyond the last repeat it.
  const o0 = elementOffset(e, maps, kernelWidth, down, right);
  const o1 = elementOffset(e + min(1, rows - 1), maps, kernelWidth, down, right);
  const o2 = elementOffset(e + min(2, rows - 1), maps, kernelWidth, down, right);
  const o3 = elementOffset(e + min(3, rows - 1), maps, kernelWidth, down, right);
  const o4 = elementOffset(e + min(4, rows - 1), maps, kernelWidth, down, right);
  const o5 = elementOffset(e + min(5, rows - 1), maps, kernelWidth, down, right);
  const stepRight = pixel * <usize>strideWidth;
  let ow = p % outWidth;
  let line = image + row * <usize>(strideHeight * (p / outWidth));
  const together = rows == ROWS && o5 - o0 == 20;
  for (const end = packed + <usize>pixels * 24; packed < end; line += row * <usize>strideHeight, ow = 0) {
    const stop = min(end, packed + <usize>(outWidth - ow) * 24);
    let at = line + <usize>ow * stepRight;
    if (together) {
      for (at += o0; packed < stop; packed += 24, at += stepRight) {
        v128.store(packed, v128.load(at));
        store<u64>(packed, load<u64>(at, 16), 16);
      }
      continue;
    }
    for (; packed < stop; packed += 24, at += stepRight) {
      store<f32>(packed, load<f32>(at + o0));
      store<f32>(packed, load<f32>(at + o1), 4);
      store<f32>(packed, load<f32>(at + o2), 8);
      store<f32>(packed, load<f32>(at + o3), 12);
      store<f32>(packed, load<f32>(at + o4), 16);
      store<f32>(packed, load<f32>(at + o5), 20);
    }
  }
}

/** Where element e of a window lies behind the window's first. */
function elementOffset(e: i32, maps: i32, kernelWidth: i32, down: usize, right: usize): usize {
  const tap = e / maps;
  return <usize>(tap / kernelWidth) * down + <usize>(tap % kernelWidth) * right + ((<usize>(e - tap * maps)) << 2);
}
