// Matrix product: packed panels of b meet packed rows of a in register tiles.
import { DEPTH, packPanel, packPanels } from './panel';
import { packColumns, packRows } from './packed-rows';
import { COLUMNS, TILE, ROWS, tile } from './tile';

/** Columns packed at a time: their panels stay in the second-level cache while all rows pass. */
const WIDTH: i32 = 256;

/** Bytes of scratch that `matmul` needs. */
export function matmulScratch(): i32 {
  return <i32>TILE + 4 * DEPTH * (WIDTH + ROWS);
}

/**
 * Rows and columns from `firstRow` to `lastRow` and from `firstColumn` to `lastColumn` of c[m, n] = a[m, k] b[k, n] +
 * bias[n]; either factor may lie transposed in memory; bias may be 0.
 */
export function matmul(
  a: usize,
  b: usize,
  bias: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: bool,
  transposeB: bool,
  firstRow: i32,
  lastRow: i32,
  firstColumn: i32,
  lastColumn: i32,
  scratch: usize,
): void {
  const aStep = (<usize>(transposeA ? m : k)) << 2;
  const bStep = (<usize>(transposeB ? k : n)) << 2;
  const cStep = (<usize>n) << 2;
  const packed = scratch + TILE;
  const panels = packed + ((<usize>(DEPTH * ROWS)) << 2);
  // Runs once for k = 0 too, which leaves the bias or zeros.
  for (let k0 = 0; k0 == 0 || k0 < k; k0 += DEPTH) {
    const depth = min(DEPTH, k - k0);
    for (let n0 = firstColumn; n0 < lastColumn; n0 += WIDTH) {
      const end = min(n0 + WIDTH, lastColumn);
      if (transposeB) {
        let to = panels;
        for (let j = n0; j < end; j += COLUMNS) {
          to = packPanel(b + <usize>j * bStep + ((<usize>k0) << 2), bStep, true, depth, min(COLUMNS, end - j), to);
        }
      } else packPanels(b + <usize>k0 * bStep + ((<usize>n0) << 2), bStep, depth, end - n0, panels);
      for (let i = firstRow; i < lastRow; i += ROWS) {
        const rows = min(ROWS, lastRow - i);
        if (transposeA) packColumns(a + <usize>k0 * aStep + ((<usize>i) << 2), aStep, rows, depth, packed);
        else packRows(a + <usize>i * aStep + ((<usize>k0) << 2), aStep, rows, depth, packed);
        let panel = panels;
        for (let j = n0; j < end; j += COLUMNS) {
          const at = c + <usize>i * cStep + ((<usize>j) << 2);
          const start = k0 > 0 ? at : bias ? bias + ((<usize>j) << 2) : 0;
          const startStep = k0 > 0 ? cStep : 0;
          tile(packed, panel, depth, start, startStep, at, cStep, rows, min(COLUMNS, end - j), scratch);
          panel += (<usize>depth) << 5;
        }
      }
    }
  }
}
