// Packs columns of a matrix side by side, so that a tile reads its factor straight through.
import { COLUMNS } from './tile';

/** Inner elements of a matrix product that are multiplied at a time: a panel of them stays in the first-level cache. */
export const DEPTH: i32 = 384;

/**
 * panel[k][j] = b[k][j] for `length` rows and `columns` (at most 8) columns, the rest 0; `transposed` reads b[j][k].
 * Rows of b are `step` bytes apart. Returns where the panel ends.
 */
export function packPanel(b: usize, step: usize, transposed: bool, length: i32, columns: i32, panel: usize): usize {
  const end = panel + ((<usize>length) << 5);
  if (transposed) {
    packTransposed(b, step, length, columns, panel);
    return end;
  }
  if (columns == COLUMNS) {
    for (; panel < end; panel += 32, b += step) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
    }
    return end;
  }
  for (; panel < end; panel += 32, b += step) {
    for (let j = 0; j < COLUMNS; j++) {
      store<f32>(panel + ((<usize>j) << 2), j < columns ? load<f32>(b + ((<usize>j) << 2)) : 0);
    }
  }
  return end;
}

/**
 * Panels of all columns of b, one behind the other, as packPanel makes them. Rows are read through: four panels take two
 * whole lines of the cache, where one after the other would fetch every line twice. Returns where the panels end.
 */
export function packPanels(b: usize, step: usize, length: i32, columns: i32, panels: usize): usize {
  const size = (<usize>length) << 5;
  for (; columns >= 4 * COLUMNS; columns -= 4 * COLUMNS, b += 128, panels += 4 * size) {
    let from = b;
    for (let to = panels; to < panels + size; to += 32, from += step) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      const second = to + size;
      v128.store(second, v128.load(from, 32));
      v128.store(second, v128.load(from, 48), 16);
      const third = second + size;
      v128.store(third, v128.load(from, 64));
      v128.store(third, v128.load(from, 80), 16);
      const fourth = third + size;
      v128.store(fourth, v128.load(from, 96));
      v128.store(fourth, v128.load(from, 112), 16);
    }
  }
  for (; columns > 0; columns -= COLUMNS, b += 32) {
    panels = packPanel(b, step, false, length, min(COLUMNS, columns), panels);
  }
  return panels;
}

function packTransposed(b: usize, step: usize, length: i32, columns: i32, panel: usize): void {
  let k = 0;
  if (columns == COLUMNS) {
    for (; k + 4 <= length; k += 4, b += 16, panel += 128) {
      packBlock(b, step, panel);
      packBlock(b + 4 * step, step, panel + 16);
    }
  }
  for (; k < length; k++, b += 4, panel += 32) {
    for (let j = 0; j < COLUMNS; j++) {
      store<f32>(panel + ((<usize>j) << 2), j < columns ? load<f32>(b + <usize>j * step) : 0);
    }
  }
}

/** Four by four elements, turned over. */
function packBlock(b: usize, step: usize, panel: usize): void {
  const r0 = v128.load(b);
  const r1 = v128.load(b + step);
  const r2 = v128.load(b + 2 * step);
  const r3 = v128.load(b + 3 * step);
  const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(panel, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(panel, v128.shuffle<i64>(low01, low23, 1, 3), 32);
  v128.store(panel, v128.shuffle<i64>(high01, high23, 0, 2), 64);
  v128.store(panel, v128.shuffle<i64>(high01, high23, 1, 3), 96);
}
