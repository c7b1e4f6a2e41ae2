// Four rows by eight columns of a matrix product, held in registers. Both measured on V8 11.3: more rows spill, and
// unrolling the inner loop makes it slower (50 to 30 GFLOP/s).

/** Columns of a tile, and of a packed panel. */
export const COLUMNS: i32 = 8;
/** Rows of a tile. */
export const ROWS: i32 = 4;
/** Bytes of room for the columns of a tile that overhangs the matrix. */
export const OVERHANG: usize = 32;

/**
 * c[r][j] = start[r][j] + sum over k of a_r[k] panel[k][j], for `rows` rows and `columns` columns.
 *
 * The elements of a row lie in `blocks` x `runs` runs of `length`; blocks, runs and elements are the given numbers of
 * bytes apart. Pointers of rows beyond `rows` must be readable. `start` may be 0; `startStep` 0 repeats one row.
 */
export function tile(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  blocks: i32,
  blockStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  step: usize,
  panel: usize,
  start: usize,
  startStep: usize,
  c: usize,
  cStep: usize,
  rows: i32,
  columns: i32,
  overhang: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let block = 0; block < blocks; block++) {
    for (let run = 0; run < runs; run++) {
      let at = <usize>block * blockStep + <usize>run * runStep;
      for (const end = at + <usize>length * step; at < end; at += step) {
        const b0 = v128.load(panel);
        const b1 = v128.load(panel, 16);
        panel += 32;
        let x = v128.load32_splat(a0 + at);
        c00 = f32x4.add(c00, f32x4.mul(x, b0));
        c01 = f32x4.add(c01, f32x4.mul(x, b1));
        x = v128.load32_splat(a1 + at);
        c10 = f32x4.add(c10, f32x4.mul(x, b0));
        c11 = f32x4.add(c11, f32x4.mul(x, b1));
        x = v128.load32_splat(a2 + at);
        c20 = f32x4.add(c20, f32x4.mul(x, b0));
        c21 = f32x4.add(c21, f32x4.mul(x, b1));
        x = v128.load32_splat(a3 + at);
        c30 = f32x4.add(c30, f32x4.mul(x, b0));
        c31 = f32x4.add(c31, f32x4.mul(x, b1));
      }
    }
  }
  if (columns == COLUMNS) {
    if (start) {
      c00 = f32x4.add(c00, v128.load(start));
      c01 = f32x4.add(c01, v128.load(start, 16));
    }
    v128.store(c, c00);
    v128.store(c, c01, 16);
    if (rows == 1) return;
    c += cStep;
    if (start) {
      start += startStep;
      c10 = f32x4.add(c10, v128.load(start));
      c11 = f32x4.add(c11, v128.load(start, 16));
    }
    v128.store(c, c10);
    v128.store(c, c11, 16);
    if (rows == 2) return;
    c += cStep;
    if (start) {
      start += startStep;
      c20 = f32x4.add(c20, v128.load(start));
      c21 = f32x4.add(c21, v128.load(start, 16));
    }
    v128.store(c, c20);
    v128.store(c, c21, 16);
    if (rows == 3) return;
    c += cStep;
    if (start) {
      start += startStep;
      c30 = f32x4.add(c30, v128.load(start));
      c31 = f32x4.add(c31, v128.load(start, 16));
    }
    v128.store(c, c30);
    v128.store(c, c31, 16);
    return;
  }
  storeFirst(c00, c01, start, c, columns, overhang);
  if (rows > 1) storeFirst(c10, c11, start ? start + startStep : 0, c + cStep, columns, overhang);
  if (rows > 2) storeFirst(c20, c21, start ? start + 2 * startStep : 0, c + 2 * cStep, columns, overhang);
  if (rows > 3) storeFirst(c30, c31, start ? start + 3 * startStep : 0, c + 3 * cStep, columns, overhang);
}

/** Stores the first columns of a row that overhangs. */
function storeFirst(low: v128, high: v128, start: usize, c: usize, columns: i32, overhang: usize): void {
  v128.store(overhang, low);
  v128.store(overhang, high, 16);
  for (let at: usize = 0; at < (<usize>columns) << 2; at += 4) {
    const value = load<f32>(overhang + at);
    store<f32>(c + at, start ? value + load<f32>(start + at) : value);
  }
}
