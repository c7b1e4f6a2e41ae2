// A product of few rows with a matrix: reading the matrix is all that takes time then, so it is read through once, as it
// lies. Adds up in the order of the tiles, so that a row comes out the same to the bit with how many others it came.
import { multiplyAdd } from './multiply-add';
import { DEPTH } from './panel';

/** Columns at a time: their sums, and the pieces of the matrix that all rows share, stay in the first-level cache. */
const SLAB: i32 = 1024;
/** Bytes from a row of the sums to the next. */
const SUMS_STEP: usize = (<usize>SLAB) << 2;

/**
 * sums[i][j] = sum over k of a[i][k] b[k][j], for all `rows` rows and columns j from 0 to `columns` - 1. Elements of a lie
 * `aStep` bytes apart along k, and its rows `aRow`; rows of b lie `bStep` bytes apart.
 */
function addProducts(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  depth: i32,
  sums: usize,
  rows: i32,
  columns: i32,
): void {
  for (let i = 0; i < rows; i++) memory.fill(sums + <usize>i * SUMS_STEP, 0, (<usize>columns) << 2);
  let k = 0;
  for (; k + 4 <= depth; k += 4, a += 4 * aStep, b += 4 * bStep) {
    for (let i: usize = 0; i < <usize>rows; i++) addFour(a + i * aRow, aStep, b, bStep, sums + i * SUMS_STEP, columns);
  }
  for (; k < depth; k++, a += aStep, b += bStep) {
    for (let i: usize = 0; i < <usize>rows; i++) addOne(load<f32>(a + i * aRow), b, sums + i * SUMS_STEP, columns);
  }
}

/** sums[j] += a[0] b[0][j], then a[1] b[1][j], a[2] b[2][j] and a[3] b[3][j]. */
function addFour(a: usize, aStep: usize, b: usize, bStep: usize, sums: usize, columns: i32): void {
  const a0 = v128.load32_splat(a);
  const a1 = v128.load32_splat(a + aStep);
  const a2 = v128.load32_splat(a + 2 * aStep);
  const a3 = v128.load32_splat(a + 3 * aStep);
  let b0 = b;
  let b1 = b + bStep;
  let b2 = b1 + bStep;
  let b3 = b2 + bStep;
  const end = sums + (((<usize>columns) & ~7) << 2);
  for (; sums < end; sums += 32, b0 += 32, b1 += 32, b2 += 32, b3 += 32) {
    let left = multiplyAdd(a0, v128.load(b0), v128.load(sums));
    let right = multiplyAdd(a0, v128.load(b0, 16), v128.load(sums, 16));
    left = multiplyAdd(a1, v128.load(b1), left);
    right = multiplyAdd(a1, v128.load(b1, 16), right);
    left = multiplyAdd(a2, v128.load(b2), left);
    right = multiplyAdd(a2, v128.load(b2, 16), right);
    v128.store(sums, multiplyAdd(a3, v128.load(b3), left));
    v128.store(sums, multiplyAdd(a3, v128.load(b3, 16), right), 16);
  }
  const rest = columns & 7;
  for (let k = 0; k < 4; k++, a += aStep, b0 += bStep) addOne(load<f32>(a), b0, sums, rest);
}

/** sums[j] += a b[j]. */
function addOne(a: f32, b: usize, sums: usize, columns: i32): void {
  const factor = f32x4.splat(a);
  const end = sums + (((<usize>columns) & ~3) << 2);
  for (; sums < end; sums += 16, b += 16) v128.store(sums, multiplyAdd(factor, v128.load(b), v128.load(sums)));
  // As lanes of a vector too, so that they are rounded as the others are.
  for (let rest = columns & 3; rest > 0; rest--, sums += 4, b += 4) {
    v128.store32_lane(sums, multiplyAdd(factor, v128.load32_zero(b), v128.load32_zero(sums)), 0);
  }
}

/** Bytes of scratch that `multiplyFewRows` needs. */
export function fewRowsScratch(m: i32): i32 {
  return m * <i32>SUMS_STEP;
}

/**
 * Columns from `firstColumn` to `lastColumn` of c[m, n] = a[m, k] b[k, n] + bias[n] for few rows; a may lie transposed, bias may
 * be 0.
 */
export function multiplyFewRows(
  a: usize,
  b: usize,
  bias: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: bool,
  firstColumn: i32,
  lastColumn: i32,
  scratch: usize,
): void {
  const aRow = (<usize>(transposeA ? 1 : k)) << 2;
  const aStep = (<usize>(transposeA ? m : 1)) << 2;
  const bStep = (<usize>n) << 2;
  for (let j = firstColumn; j < lastColumn; j += SLAB) {
    const columns = min(SLAB, lastColumn - j);
    const at = (<usize>j) << 2;
    // Runs once for k = 0 too, which leaves the bias or zeros.
    for (let k0 = 0; k0 == 0 || k0 < k; k0 += DEPTH) {
      const depth = min(DEPTH, k - k0);
      addProducts(a + <usize>k0 * aStep, aRow, aStep, b + at + <usize>k0 * bStep, bStep, depth, scratch, m, columns);
      for (let i: usize = 0; i < <usize>m; i++) {
        const to = c + at + i * bStep;
        addRow(k0 > 0 ? to : bias ? bias + at : 0, scratch + i * SUMS_STEP, to, columns);
      }
    }
  }
}

/** c[j] = start[j] + sums[j]; start may be 0. */
function addRow(start: usize, sums: usize, c: usize, columns: i32): void {
  if (!start) {
    memory.copy(c, sums, (<usize>columns) << 2);
    return;
  }
  const end = c + (((<usize>columns) & ~3) << 2);
  for (; c < end; c += 16, start += 16, sums += 16) {
    v128.store(c, f32x4.add(v128.load(start), v128.load(sums)));
  }
  for (let rest = columns & 3; rest > 0; rest--, c += 4, start += 4, sums += 4) {
    store<f32>(c, load<f32>(start) + load<f32>(sums));
  }
}
