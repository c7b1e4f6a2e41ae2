// Packs rows of a matrix side by side, so that a tile reads them straight through: packed[k][6].
import { ROWS } from './tile';

/** packed[k][r] = a_r[k] for `length` elements that follow each other in each of six rows. Returns where it ends. */
export function packSix(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  a4: usize,
  a5: usize,
  length: i32,
  packed: usize,
): usize {
  let k = 0;
  let at: usize = 0;
  for (; k + 4 <= length; k += 4, at += 16, packed += 96) {
    const r0 = v128.load(a0 + at);
    const r1 = v128.load(a1 + at);
    const r2 = v128.load(a2 + at);
    const r3 = v128.load(a3 + at);
    const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
    v128.store(packed, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(packed, v128.shuffle<i64>(low01, low23, 1, 3), 24);
    v128.store(packed, v128.shuffle<i64>(high01, high23, 0, 2), 48);
    v128.store(packed, v128.shuffle<i64>(high01, high23, 1, 3), 72);
    const r4 = v128.load(a4 + at);
    const r5 = v128.load(a5 + at);
    const low45 = v128.shuffle<i32>(r4, r5, 0, 4, 1, 5);
    const high45 = v128.shuffle<i32>(r4, r5, 2, 6, 3, 7);
    v128.store64_lane(packed, low45, 0, 16);
    v128.store64_lane(packed, low45, 1, 40);
    v128.store64_lane(packed, high45, 0, 64);
    v128.store64_lane(packed, high45, 1, 88);
  }
  for (; k < length; k++, at += 4, packed += 24) {
    store<f32>(packed, load<f32>(a0 + at));
    store<f32>(packed, load<f32>(a1 + at), 4);
    store<f32>(packed, load<f32>(a2 + at), 8);
    store<f32>(packed, load<f32>(a3 + at), 12);
    store<f32>(packed, load<f32>(a4 + at), 16);
    store<f32>(packed, load<f32>(a5 + at), 20);
  }
  return packed;
}

/** packSix for rows that are `step` bytes apart; rows beyond `rows` repeat the last. */
export function packRows(a: usize, step: usize, rows: i32, length: i32, packed: usize): usize {
  const last = rows - 1;
  const a1 = a + step * <usize>min(1, last);
  const a2 = a + step * <usize>min(2, last);
  const a3 = a + step * <usize>min(3, last);
  const a4 = a + step * <usize>min(4, last);
  const a5 = a + step * <usize>min(5, last);
  return packSix(a, a1, a2, a3, a4, a5, length, packed);
}

/** packed[k][r] = a[k][r] for up to six columns of a matrix whose rows are `step` bytes apart. */
export function packColumns(a: usize, step: usize, rows: i32, length: i32, packed: usize): void {
  const end = packed + <usize>length * 24;
  if (rows == ROWS) {
    for (; packed < end; packed += 24, a += step) {
      v128.store(packed, v128.load(a));
      store<u64>(packed, load<u64>(a, 16), 16);
    }
    return;
  }
  for (; packed < end; packed += 24, a += step) {
    for (let r: usize = 0; r < (<usize>rows) << 2; r += 4) store<f32>(packed + r, load<f32>(a + r));
  }
}
