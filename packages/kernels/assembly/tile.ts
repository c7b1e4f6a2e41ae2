// Six rows by eight columns of a matrix product, held in registers: twelve sums, two columns and an element fill the fifteen
// registers that V8 leaves. Measured on V8 11.3: with more rows they spill, and unrolling the inner loop makes it slower.
import { multiplyAdd } from './multiply-add';

/** Columns of a tile, and of a packed panel. */
export const COLUMNS: i32 = 8;
/** Rows of a tile, and of packed rows. */
export const ROWS: i32 = 6;
/** Bytes of a tile. */
export const TILE: usize = 192;

/**
 * c[r][j] = start[r][j] + sum over k of a[k][r] panel[k][j], for `rows` rows and `columns` columns; `a` and `panel` are
 * packed. `start` may be 0, and `startStep` then too; a `startStep` of 0 repeats one row. `room` is for TILE bytes.
 */
export function tile(
  a: usize,
  panel: usize,
  depth: i32,
  start: usize,
  startStep: usize,
  c: usize,
  cStep: usize,
  rows: i32,
  columns: i32,
  room: usize,
): void {
  multiplySix(a, panel, depth, room);
  const whole = columns == COLUMNS;
  for (let r = 0; r < rows; r++, room += 32, c += cStep, start += startStep) {
    if (!whole) putPart(room, start, c, columns);
    else if (start) {
      v128.store(c, f32x4.add(v128.load(start), v128.load(room)));
      v128.store(c, f32x4.add(v128.load(start, 16), v128.load(room, 16)), 16);
    } else {
      v128.store(c, v128.load(room));
      v128.store(c, v128.load(room, 16), 16);
    }
  }
}

function putPart(from: usize, start: usize, to: usize, columns: i32): void {
  for (let at: usize = 0; at < (<usize>columns) << 2; at += 4) {
    const value = load<f32>(from + at);
    store<f32>(to + at, start ? load<f32>(start + at) + value : value);
  }
}

/** sums[6][8] = a times panel. Nothing but stores may follow the loop: V8 11.3 keeps sums in memory else, at half the speed. */
export function multiplySix(a: usize, panel: usize, depth: i32, sums: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  for (const end = panel + ((<usize>depth) << 5); panel < end; panel += 32, a += 24) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    let x = v128.load32_splat(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = multiplyAdd(x, b0, c40);
    c41 = multiplyAdd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = multiplyAdd(x, b0, c50);
    c51 = multiplyAdd(x, b1, c51);
  }
  v128.store(sums, c00);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
  v128.store(sums, c40, 128);
  v128.store(sums, c41, 144);
  v128.store(sums, c50, 160);
  v128.store(sums, c51, 176);
}
