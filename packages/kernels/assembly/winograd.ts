// Convolution with windows of 3 by 3 and strides of 1 after Winograd: four by four inputs and the filter are taken to
// another basis, where 16 products give four outputs that take 36 otherwise. All factors are 0, 1, 1/2 and 1/4, so that the
// result is as exact as the plain one but for a digit. Source: Lavin and Gray 2016, F(2x2, 3x3).
import { padImage } from './padded-image';
import { packRows } from './packed-rows';
import { COLUMNS, multiplySix, ROWS, TILE } from './tile';

/** Products of a block of two by two outputs. */
const POINTS: i32 = 16;

/**
 * panels[16][outMaps / 8][maps][8] = G g G' of an HWIO filter of 3 by 3. Turned, it becomes the filter of the input
 * gradient: its last tap comes first, and its input and output maps exchange their parts.
 */
export function packWinograd(filter: usize, maps: i32, outMaps: i32, turned: bool, panels: usize): void {
  const inner = turned ? outMaps : maps;
  const outer = turned ? maps : outMaps;
  const wide = (outer + COLUMNS - 1) & -COLUMNS;
  const point = (<usize>(inner * wide)) << 2;
  const tap = (<usize>(maps * outMaps)) << 2;
  memory.fill(panels, 0, point * <usize>POINTS);
  for (let i = 0; i < inner; i++) {
    for (let o = 0; o < outer; o++) {
      const from = filter + ((<usize>(turned ? o * outMaps + i : i * outMaps + o)) << 2);
      let to = panels + ((<usize>((o & -COLUMNS) * inner + i * COLUMNS + (o & (COLUMNS - 1)))) << 2);
      for (let row = 0; row < 4; row++, to += 4 * point) {
        const a = atRow(from, tap, turned, row, 0);
        const b = atRow(from, tap, turned, row, 1);
        const c = atRow(from, tap, turned, row, 2);
        store<f32>(to, a);
        store<f32>(to + point, <f32>0.5 * (a + b + c));
        store<f32>(to + 2 * point, <f32>0.5 * (a - b + c));
        store<f32>(to + 3 * point, c);
      }
    }
  }
}

/** Element [row][column] of G g. */
function atRow(filter: usize, tap: usize, turned: bool, row: i32, column: i32): f32 {
  const step = turned ? -3 * <isize>tap : 3 * <isize>tap;
  const first = filter + <usize>(turned ? 8 - column : column) * tap;
  const a = load<f32>(first);
  const b = load<f32>(first + step);
  const c = load<f32>(first + 2 * step);
  if (row == 0) return a;
  if (row == 3) return c;
  return <f32>0.5 * (row == 1 ? a + b + c : a - b + c);
}

/**
 * y = bias + x convolved with the packed filter, for images from `first` to `last`, which are padded into the scratch to
 * `paddedHeight` by `paddedWidth`, two more than an even number of outputs. The scratch takes TILE bytes, 16 times six
 * times maps and outMaps, rounded up to 8, a row of six times maps, and a padded image.
 */
export function winograd(
  x: usize,
  height: i32,
  width: i32,
  maps: i32,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  panels: usize,
  bias: usize,
  y: usize,
  outHeight: i32,
  outWidth: i32,
  outMaps: i32,
  first: i32,
  last: i32,
  scratch: usize,
): void {
  const pixel = (<usize>maps) << 2;
  const row = <usize>paddedWidth * pixel;
  const outPixel = (<usize>outMaps) << 2;
  const wide = (outMaps + COLUMNS - 1) & -COLUMNS;
  const packed = scratch + TILE;
  const inputs = packed + 6 * pixel;
  const inputPoint = 6 * pixel;
  const products = inputs + inputPoint * <usize>POINTS;
  const productPoint = (<usize>(6 * wide)) << 2;
  const image = products + productPoint * <usize>POINTS;
  const panelSize = (<usize>maps) << 5;
  const blocksWide = (outWidth + 1) / 2;
  const blocks = ((outHeight + 1) / 2) * blocksWide;
  for (let n = first; n < last; n++) {
    const from = x + <usize>(n * height * width) * pixel;
    padImage(from, height, width, maps, image, paddedHeight, paddedWidth, top, left);
    const out = y + <usize>(n * outHeight * outWidth) * outPixel;
    for (let block = 0; block < blocks; block += ROWS) {
      const rows = min(ROWS, blocks - block);
      for (let r = 0; r < rows; r++) {
        const down = (block + r) / blocksWide;
        const right = block + r - down * blocksWide;
        const corner = image + <usize>(2 * down) * row + <usize>(2 * right) * pixel;
        transformInput(corner, row, pixel, inputs + <usize>r * pixel, inputPoint);
      }
      let panel = panels;
      for (let point = 0; point < POINTS; point++) {
        packRows(inputs + <usize>point * inputPoint, pixel, rows, maps, packed);
        let to = products + <usize>point * productPoint;
        for (let o = 0; o < wide; o += COLUMNS, panel += panelSize, to += TILE) multiplySix(packed, panel, maps, to);
      }
      for (let r = 0; r < rows; r++) {
        const down = (block + r) / blocksWide;
        const right = block + r - down * blocksWide;
        const corner = out + <usize>(2 * (down * outWidth + right)) * outPixel;
        const below = 2 * down + 1 < outHeight ? <usize>outWidth * outPixel : 0;
        const beside = 2 * right + 1 < outWidth ? outPixel : 0;
        transformOutput(products + <usize>(r * 32), productPoint, bias, corner, below, beside, outMaps, scratch);
      }
    }
  }
}

/** V = B' d B of four by four pixels. */
function transformInput(d: usize, row: usize, pixel: usize, to: usize, point: usize): void {
  for (let i = 0; i < 4; i++) {
    // Row i of B' d: d0 - d2, d1 + d2, d2 - d1, d1 - d3.
    const plus = d + (i == 0 ? 0 : i == 2 ? 2 : 1) * row;
    const other = d + (i == 3 ? 3 : i == 2 ? 1 : 2) * row;
    transformRow(plus, other, i == 1, pixel, pixel, to + <usize>(4 * i) * point, point);
  }
}

/**
 * A row of V, of the two rows of pixels that it is the sum or difference of, four maps at a time and the rest one by one:
 * `bytes` of maps, of pixels that are `pixel` bytes apart.
 */
export function transformRow(
  plus: usize,
  other: usize,
  add: bool,
  pixel: usize,
  bytes: usize,
  to: usize,
  point: usize,
): void {
  const end = to + bytes;
  for (; to + 16 <= end; to += 16, plus += 16, other += 16) {
    const a = combine(plus, other, add);
    const b = combine(plus + pixel, other + pixel, add);
    const c = combine(plus + 2 * pixel, other + 2 * pixel, add);
    const e = combine(plus + 3 * pixel, other + 3 * pixel, add);
    v128.store(to, f32x4.sub(a, c));
    v128.store(to + point, f32x4.add(b, c));
    v128.store(to + 2 * point, f32x4.sub(c, b));
    v128.store(to + 3 * point, f32x4.sub(b, e));
  }
  const sign: f32 = add ? 1 : -1;
  for (; to < end; to += 4, plus += 4, other += 4) {
    const a = load<f32>(plus) + sign * load<f32>(other);
    const b = load<f32>(plus + pixel) + sign * load<f32>(other + pixel);
    const c = load<f32>(plus + 2 * pixel) + sign * load<f32>(other + 2 * pixel);
    const e = load<f32>(plus + 3 * pixel) + sign * load<f32>(other + 3 * pixel);
    store<f32>(to, a - c);
    store<f32>(to + point, b + c);
    store<f32>(to + 2 * point, c - b);
    store<f32>(to + 3 * point, b - e);
  }
}

function combine(a: usize, b: usize, add: bool): v128 {
  return add ? f32x4.add(v128.load(a), v128.load(b)) : f32x4.sub(v128.load(a), v128.load(b));
}

/** Two by two outputs A' M A + bias; those below or beside the image, where the step is 0, are left out. */
function transformOutput(
  m: usize,
  point: usize,
  bias: usize,
  y: usize,
  below: usize,
  beside: usize,
  outMaps: i32,
  room: usize,
): void {
  for (let o = 0; o < outMaps; o += 4) {
    const from = m + <usize>(o >> 3) * TILE + ((<usize>(o & 4)) << 2);
    const start = bias ? bias + ((<usize>o) << 2) : 0;
    const count = min(4, outMaps - o);
    const to = y + ((<usize>o) << 2);
    putOutput(from, point, false, false, start, to, count, room);
    if (beside) putOutput(from, point, false, true, start, to + beside, count, room);
    if (below) putOutput(from, point, true, false, start, to + below, count, room);
    if (below && beside) putOutput(from, point, true, true, start, to + below + beside, count, room);
  }
}

/** One of the four outputs: rows and columns are m0 + m1 + m2, or m1 - m2 - m3 for the second. */
function putOutput(
  m: usize,
  point: usize,
  lower: bool,
  right: bool,
  bias: usize,
  to: usize,
  count: i32,
  room: usize,
): void {
  const first = lower ? m + 4 * point : m;
  const a = atColumns(first, point, right);
  const b = atColumns(first + 4 * point, point, right);
  const c = atColumns(first + 8 * point, point, right);
  const sum = lower ? f32x4.sub(f32x4.sub(a, b), c) : f32x4.add(f32x4.add(a, b), c);
  if (count == 4) {
    v128.store(to, bias ? f32x4.add(sum, v128.load(bias)) : sum);
    return;
  }
  v128.store(room, sum);
  for (let at: usize = 0; at < (<usize>count) << 2; at += 4) {
    store<f32>(to + at, bias ? load<f32>(room + at) + load<f32>(bias + at) : load<f32>(room + at));
  }
}

function atColumns(m: usize, point: usize, right: bool): v128 {
  const first = right ? m + point : m;
  const a = v128.load(first);
  const b = v128.load(first + point);
  const c = v128.load(first + 2 * point);
  return right ? f32x4.sub(f32x4.sub(a, b), c) : f32x4.add(f32x4.add(a, b), c);
}
