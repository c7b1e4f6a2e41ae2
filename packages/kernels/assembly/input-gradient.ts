// The input gradient of a convolution: dy of six pixels times the filter gives six windows of dx, which are added where
// they lie. Every product counts, whatever the stride; turning the filter around would multiply zeros.
import { padImage } from './padded-image';
import { packRows } from './packed-rows';
import { packPanel } from './panel';
import { COLUMNS, TILE, ROWS, tile } from './tile';

/** panels[group][depth / 8][outMaps of a group][8] of an HWIO filter, with depth = taps times the maps of a group. */
export function packFilterTransposed(filter: usize, depth: i32, outMaps: i32, groups: i32, panels: usize): void {
  const step = (<usize>outMaps) << 2;
  const groupMaps = outMaps / groups;
  for (let group = 0; group < groups; group++, filter += (<usize>groupMaps) << 2) {
    for (let k = 0; k < depth; k += COLUMNS) {
      panels = packPanel(filter + <usize>k * step, step, true, groupMaps, min(COLUMNS, depth - k), panels);
    }
  }
}

/**
 * dx of images from `first` to `last`. If `padded`, windows are added up in a padded image in the scratch, which takes
 * TILE bytes, dy of six pixels of a group, six windows of a group, and a padded image.
 */
export function convolveInputGradient(
  dx: usize,
  height: i32,
  width: i32,
  maps: i32,
  padded: bool,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  panels: usize,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  groups: i32,
  dy: usize,
  outHeight: i32,
  outWidth: i32,
  outMaps: i32,
  first: i32,
  last: i32,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const size = <usize>(height * width) * pixel;
  const groupOut = outMaps / groups;
  const depth = kernelHeight * kernelWidth * (maps / groups);
  const windows = scratch + TILE + <usize>groupOut * 24;
  const room = windows + <usize>depth * 24;
  for (let n = first; n < last; n++) {
    const target = dx + <usize>n * size;
    const image = padded ? room : target;
    memory.fill(image, 0, <usize>(paddedHeight * paddedWidth) * pixel);
    const grads = dy + ((<usize>n * <usize>(outHeight * outWidth * outMaps)) << 2);
    // prettier-ignore
    addImage(image, <usize>paddedWidth * pixel, pixel, panels, kernelHeight, kernelWidth, strideHeight, strideWidth,
      dilationHeight, dilationWidth, groups, grads, outHeight, outWidth, outMaps, scratch, windows);
    if (padded) padImage(image, paddedHeight, paddedWidth, maps, target, height, width, -top, -left);
  }
}

function addImage(
  image: usize,
  row: usize,
  pixel: usize,
  panels: usize,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  groups: i32,
  dy: usize,
  outHeight: i32,
  outWidth: i32,
  outMaps: i32,
  tileRoom: usize,
  windows: usize,
): void {
  const groupMaps = <i32>(pixel >> 2) / groups;
  const groupOut = outMaps / groups;
  const whole = groups == 1 && dilationWidth == 1;
  const runs = whole ? 1 : kernelWidth;
  const run = (<usize>(whole ? kernelWidth * groupMaps : groupMaps)) << 2;
  const depth = kernelHeight * kernelWidth * groupMaps;
  const blockStep = row * <usize>dilationHeight;
  const runStep = pixel * <usize>dilationWidth;
  const places = outHeight * outWidth;
  const stepRight = pixel * <usize>strideWidth;
  const stepDown = row * <usize>strideHeight - stepRight * <usize>(outWidth - 1);
  const outStep = (<usize>outMaps) << 2;
  const packed = tileRoom + TILE;
  const windowStep = (<usize>depth) << 2;
  const panelSize = (<usize>groupOut) << 5;
  for (let group = 0; group < groups; group++, image += (<usize>groupMaps) << 2) {
    let next = image;
    let ow = 0;
    for (let p = 0; p < places; p += ROWS) {
      const rows = min(ROWS, places - p);
      packRows(dy + <usize>p * outStep + ((<usize>(group * groupOut)) << 2), outStep, rows, groupOut, packed);
      let panel = panels;
      for (let k = 0; k < depth; k += COLUMNS, panel += panelSize) {
        const to = windows + ((<usize>k) << 2);
        tile(packed, panel, groupOut, 0, 0, to, windowStep, rows, min(COLUMNS, depth - k), tileRoom);
      }
      let from = windows;
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < kernelHeight; i++) {
          for (let j = 0; j < runs; j++, from += run) {
            addRun(from, next + <usize>i * blockStep + <usize>j * runStep, run);
          }
        }
        next += ++ow == outWidth ? ((ow = 0), stepDown) : stepRight;
      }
    }
    panels += panelSize * <usize>((depth + COLUMNS - 1) / COLUMNS);
  }
}

function addRun(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
}
