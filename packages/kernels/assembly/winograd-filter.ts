// The filter gradient of windows of 3 by 3 with strides of 1 after Winograd: what winograd.ts multiplies at each of its 16
// points, block by block, is here summed over all blocks, 16 products for 36. The sums are taken back to the basis of the
// filter once. Source: the gradient of F(2x2, 3x3) in its filter, G' [sum of (B' d B) (A dy A')] G.
import { packColumns } from './packed-rows';
import { packPanels } from './panel';
import { COLUMNS, ROWS, TILE, tile } from './tile';
import { transformRow } from './winograd';

/** Blocks of two by two outputs that are summed at a time. */
const BLOCKS: i32 = 128;
/** Points in a row of four. */
const ROW: i32 = 4;

/** Bytes of scratch that `winogradFilterGradient` needs for so many of the input's maps. */
export function winogradFilterScratch(maps: i32, outMaps: i32): i32 {
  const wide = (outMaps + COLUMNS - 1) & -COLUMNS;
  return <i32>TILE + 4 * (BLOCKS * (ROWS + wide + ROW * (maps + outMaps)) + 2 * ROW * maps);
}

/**
 * The sums of four of the points, those of `row`, for maps from `first` to `last`: sums[16][maps][outMaps]. Pixels outside
 * of x count as zeros; `top` and `left` of them lie before it.
 */
export function winogradFilterGradient(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  maps: i32,
  top: i32,
  left: i32,
  dy: usize,
  outHeight: i32,
  outWidth: i32,
  outMaps: i32,
  sums: usize,
  row: i32,
  first: i32,
  last: i32,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const part = (<usize>(last - first)) << 2;
  const outPixel = (<usize>outMaps) << 2;
  const wide = <usize>((outMaps + COLUMNS - 1) & -COLUMNS);
  const packed = scratch + TILE;
  const panels = packed + <usize>BLOCKS * 24;
  const inputs = panels + ((<usize>BLOCKS * wide) << 2);
  const grads = inputs + <usize>(ROW * BLOCKS) * part;
  const room = grads + <usize>(ROW * BLOCKS) * outPixel;
  const point = <usize>maps * outPixel;
  const from = sums + <usize>(ROW * row) * point + <usize>first * outPixel;
  for (let i: usize = 0; i < <usize>ROW; i++) memory.fill(from + i * point, 0, <usize>(last - first) * outPixel);
  // Rows of a block of the input that its row of points sees: d0 - d2, d1 + d2, d2 - d1, d1 - d3.
  const plus = row == 0 ? 0 : row == 2 ? 2 : 1;
  const other = row == 3 ? 3 : row == 2 ? 1 : 2;
  let blocks = 0;
  for (let n = 0; n < batch; n++) {
    const image = x + <usize>(n * height * width) * pixel + ((<usize>first) << 2);
    const outImage = dy + <usize>(n * outHeight * outWidth) * outPixel;
    for (let h = 0; h < outHeight; h += 2) {
      for (let w = 0; w < outWidth; w += 2) {
        const to = inputs + <usize>blocks * part;
        const above = h - top + plus;
        const under = h - top + other;
        const column = w - left;
        if (min(above, under) >= 0 && max(above, under) < height && column >= 0 && column + ROW <= width) {
          const at = image + <usize>column * pixel;
          const down = <usize>width * pixel;
          transformRow(at + <usize>above * down, at + <usize>under * down, row == 1, pixel, part, to, part * BLOCKS);
        } else {
          copyRow(image, above, column, height, width, pixel, part, room);
          copyRow(image, under, column, height, width, pixel, part, room + <usize>ROW * part);
          transformRow(room, room + <usize>ROW * part, row == 1, part, part, to, part * BLOCKS);
        }
        const corner = outImage + <usize>(h * outWidth + w) * outPixel;
        const below = h + 1 < outHeight ? <usize>outWidth * outPixel : 0;
        const beside = w + 1 < outWidth ? outPixel : 0;
        transformGradient(corner, below, beside, row, outPixel, grads + <usize>blocks * outPixel);
        if (++blocks == BLOCKS) {
          addProducts(inputs, grads, blocks, part, outMaps, from, point, packed, panels, scratch);
          blocks = 0;
        }
      }
    }
  }
  if (blocks > 0) addProducts(inputs, grads, blocks, part, outMaps, from, point, packed, panels, scratch);
}

/** Four pixels of a row, with zeros for those outside of the image. */
function copyRow(
  image: usize,
  row: i32,
  column: i32,
  height: i32,
  width: i32,
  pixel: usize,
  bytes: usize,
  to: usize,
): void {
  for (let j = column; j < column + ROW; j++, to += bytes) {
    const inside = row >= 0 && row < height && j >= 0 && j < width;
    const from = inside ? image + <usize>(row * width + j) * pixel : 0;
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) v128.store(to + at, inside ? v128.load(from + at) : f32x4.splat(0));
    for (; at < bytes; at += 4) store<f32>(to + at, inside ? load<f32>(from + at) : 0);
  }
}

/** Row `row` of A dy A' of two by two pixels, for at least four maps; those without a step below or beside are zeros. */
function transformGradient(dy: usize, below: usize, beside: usize, row: i32, pixel: usize, to: usize): void {
  const point = pixel * BLOCKS;
  for (let next: usize = 0; next < pixel; next += 16) {
    const at = min(next, pixel - 16); // the last four overlap those before
    const a = atRow(dy + at, below, row);
    const b = beside ? atRow(dy + at + beside, below, row) : f32x4.splat(0);
    v128.store(to + at, a);
    v128.store(to + at + point, f32x4.add(a, b));
    v128.store(to + at + 2 * point, f32x4.sub(a, b));
    v128.store(to + at + 3 * point, f32x4.neg(b));
  }
}

/** Row `row` of A dy: dy0, dy0 + dy1, dy0 - dy1, -dy1. */
function atRow(dy: usize, below: usize, row: i32): v128 {
  const upper = v128.load(dy);
  if (row == 0) return upper;
  const lower = below ? v128.load(dy + below) : f32x4.splat(0);
  if (row == 3) return f32x4.neg(lower);
  return row == 1 ? f32x4.add(upper, lower) : f32x4.sub(upper, lower);
}

/** Adds the products of four points, over so many blocks, to their sums. */
function addProducts(
  inputs: usize,
  grads: usize,
  blocks: i32,
  part: usize,
  outMaps: i32,
  sums: usize,
  point: usize,
  packed: usize,
  panels: usize,
  room: usize,
): void {
  const outPixel = (<usize>outMaps) << 2;
  const count = <i32>(part >> 2);
  for (let i = 0; i < ROW; i++, sums += point, inputs += part * BLOCKS, grads += outPixel * BLOCKS) {
    packPanels(grads, outPixel, blocks, outMaps, panels);
    for (let m = 0; m < count; m += ROWS) {
      const rows = min(ROWS, count - m);
      packColumns(inputs + ((<usize>m) << 2), part, rows, blocks, packed);
      let c = sums + <usize>m * outPixel;
      let panel = panels;
      for (let o = 0; o < outMaps; o += COLUMNS, c += 32, panel += (<usize>blocks) << 5) {
        tile(packed, panel, blocks, c, outPixel, c, outPixel, rows, min(COLUMNS, outMaps - o), room);
      }
    }
  }
}

/** dw[9][count] = G' sums G of sums[16][count], for a count of at least four. */
export function winogradFilter(sums: usize, count: i32, dw: usize): void {
  const size = (<usize>count) << 2;
  for (let next: usize = 0; next < size; next += 16) {
    const at = min(next, size - 16);
    for (let i: usize = 0; i < 3; i++) {
      const from = sums + at;
      const a = filterRow(from, size, i);
      const b = filterRow(from + size, size, i);
      const c = filterRow(from + 2 * size, size, i);
      const d = filterRow(from + 3 * size, size, i);
      const to = dw + at + 3 * i * size;
      const both = f32x4.mul(f32x4.splat(0.5), f32x4.add(b, c));
      v128.store(to, f32x4.add(a, both));
      v128.store(to + size, f32x4.mul(f32x4.splat(0.5), f32x4.sub(b, c)));
      v128.store(to + 2 * size, f32x4.add(both, d));
    }
  }
}

/** Row i of G' u: u0 + (u1 + u2) / 2, (u1 - u2) / 2, (u1 + u2) / 2 + u3. */
function filterRow(u: usize, size: usize, i: usize): v128 {
  const row = 4 * size;
  const half = f32x4.splat(0.5);
  const b = v128.load(u + row);
  const c = v128.load(u + 2 * row);
  if (i == 1) return f32x4.mul(half, f32x4.sub(b, c));
  return f32x4.add(v128.load(i == 0 ? u : u + 3 * row), f32x4.mul(half, f32x4.add(b, c)));
}
