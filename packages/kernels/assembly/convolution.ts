// Convolution of channels-last images: windows of six pixels at a time are packed side by side and meet packed panels of
// the filter in register tiles. Maps of group g see the inputs of group g only.
import { padImage } from './padded-image';
import { packSix } from './packed-rows';
import { packPanels } from './panel';
import { COLUMNS, TILE, ROWS, tile } from './tile';

/** panels[group][outMaps of a group / 8][depth][8] of an HWIO filter, with depth = taps times the maps of a group. */
export function packFilter(filter: usize, depth: i32, outMaps: i32, groups: i32, panels: usize): void {
  const step = (<usize>outMaps) << 2;
  const groupMaps = outMaps / groups;
  for (let group = 0; group < groups; group++, filter += (<usize>groupMaps) << 2) {
    panels = packPanels(filter, step, depth, groupMaps, panels);
  }
}

/**
 * y[n, h, w, o] = bias[o] + sum of padded x times the packed filter, for images from `first` to `last`. Each image is padded
 * into the scratch if `padded`, which takes TILE bytes, six windows of a group, and a padded image.
 */
export function convolve(
  x: usize,
  height: i32,
  width: i32,
  maps: i32,
  padded: bool,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  panels: usize,
  bias: usize,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  groups: i32,
  y: usize,
  outHeight: i32,
  outWidth: i32,
  outMaps: i32,
  first: i32,
  last: i32,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const room = scratch + TILE + <usize>(kernelHeight * kernelWidth * (maps / groups)) * 24;
  for (let n = first; n < last; n++) {
    let image = x + <usize>n * <usize>(height * width) * pixel;
    if (padded) {
      padImage(image, height, width, maps, room, paddedHeight, paddedWidth, top, left);
      image = room;
    }
    const out = y + ((<usize>n * <usize>(outHeight * outWidth * outMaps)) << 2);
    // prettier-ignore
    convolveImage(image, <usize>paddedWidth * pixel, pixel, panels, bias, kernelHeight, kernelWidth, strideHeight,
      strideWidth, dilationHeight, dilationWidth, groups, out, outHeight, outWidth, outMaps, scratch);
  }
}

function convolveImage(
  image: usize,
  row: usize,
  pixel: usize,
  panels: usize,
  bias: usize,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  groups: i32,
  y: usize,
  outHeight: i32,
  outWidth: i32,
  outMaps: i32,
  tileRoom: usize,
): void {
  const groupMaps = <i32>(pixel >> 2) / groups;
  const groupOut = outMaps / groups;
  // Undilated and ungrouped, the columns of a window are one run.
  const whole = groups == 1 && dilationWidth == 1;
  const runs = whole ? 1 : kernelWidth;
  const length = whole ? kernelWidth * groupMaps : groupMaps;
  const depth = kernelHeight * kernelWidth * groupMaps;
  const blockStep = row * <usize>dilationHeight;
  const runStep = pixel * <usize>dilationWidth;
  const places = outHeight * outWidth;
  const stepRight = pixel * <usize>strideWidth;
  // From the last window of a line to the first of the next.
  const stepDown = row * <usize>strideHeight - stepRight * <usize>(outWidth - 1);
  const outStep = (<usize>outMaps) << 2;
  const packed = tileRoom + TILE;
  const panelSize = (<usize>depth) << 5;
  for (let group = 0; group < groups; group++, image += (<usize>groupMaps) << 2) {
    let next = image;
    let ow = 0;
    for (let p = 0; p < places; p += ROWS) {
      const rows = min(ROWS, places - p);
      // Places beyond the last repeat it.
      const a0 = next;
      if (rows > 1) next += ++ow == outWidth ? ((ow = 0), stepDown) : stepRight;
      const a1 = next;
      if (rows > 2) next += ++ow == outWidth ? ((ow = 0), stepDown) : stepRight;
      const a2 = next;
      if (rows > 3) next += ++ow == outWidth ? ((ow = 0), stepDown) : stepRight;
      const a3 = next;
      if (rows > 4) next += ++ow == outWidth ? ((ow = 0), stepDown) : stepRight;
      const a4 = next;
      if (rows > 5) next += ++ow == outWidth ? ((ow = 0), stepDown) : stepRight;
      const a5 = next;
      next += ++ow == outWidth ? ((ow = 0), stepDown) : stepRight;
      let to = packed;
      for (let i = 0; i < kernelHeight; i++) {
        for (let run = 0; run < runs; run++) {
          const at = <usize>i * blockStep + <usize>run * runStep;
          to = packSix(a0 + at, a1 + at, a2 + at, a3 + at, a4 + at, a5 + at, length, to);
        }
      }
      let panel = panels;
      const out = y + <usize>p * outStep;
      for (let o = 0; o < groupOut; o += COLUMNS, panel += panelSize) {
        const at = (<usize>(group * groupOut + o)) << 2;
        const columns = min(COLUMNS, groupOut - o);
        tile(packed, panel, depth, bias ? bias + at : 0, 0, out + at, outStep, rows, columns, tileRoom);
      }
    }
    panels += panelSize * <usize>((groupOut + COLUMNS - 1) / COLUMNS);
  }
}
